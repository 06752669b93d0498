import { hours, minutes } from '@hiveframe/streams';
import { play, type Lesson } from '../stage.ts';
import { orders, payments, settlements, topology } from './topology.ts';

const NOON_MS = Date.parse('2026-01-30T12:00:00Z');

export const lesson: Lesson = {
  topology,
  async play(stage) {
    await stage.show(settlements, ({ ordered, paid }) => `ordered ${ordered}, paid ${paid ?? 'nothing'}`);
    await stage.send(orders, 'o1', { amount: 20 }, NOON_MS);
    await stage.send(payments, 'o1', { amount: 20 }, NOON_MS + minutes(20));
    await stage.send(orders, 'o2', { amount: 30 }, NOON_MS + minutes(5));
    await stage.settled();
    stage.say('> three hours later');
    for (const key of ['a', 'b', 'c', 'd']) {
      await stage.send(orders, key, { amount: 1 }, NOON_MS + hours(3));
      await stage.send(payments, key, { amount: 1 }, NOON_MS + hours(3));
    }
  },
};

if (import.meta.main) await play(lesson);
