import { play, type Lesson } from '../stage.ts';
import { customers, enriched, orders, topology, type Customer } from './topology.ts';

const basic: Customer = { name: 'Ann', tier: 'basic' };
const gold: Customer = { name: 'Ann', tier: 'gold' };

export const lesson: Lesson = {
  topology,
  async play(stage) {
    await stage.show(
      enriched,
      ({ name, amount, discount }) => `${amount} for ${name}, ${discount * 100}% off`,
    );
    const settle = () => stage.settled();
    await stage.send(orders, 'o1', { customerId: 'c1', amount: 20 }).then(settle);
    stage.say('> customer c1 is Ann');
    await stage.send(customers, 'c1', basic).then(settle);
    await stage.send(orders, 'o2', { customerId: 'c1', amount: 30 }).then(settle);
    stage.say('> Ann has a gold card now');
    await stage.send(customers, 'c1', gold).then(settle);
    await stage.send(orders, 'o3', { customerId: 'c1', amount: 40 }).then(settle);
  },
};

if (import.meta.main) await play(lesson);
