import { play, type Lesson } from '../stage.ts';
import { complaints, events, large, log, topology } from './topology.ts';

export const lesson: Lesson = {
  topology,
  async play(stage) {
    for (const output of [complaints, log]) await stage.show(output);
    await stage.show(large);
    await stage.send(events, 'o1', { kind: 'created', amount: 20 });
    await stage.send(events, 'o2', { kind: 'created', amount: 5_000 });
    await stage.send(events, 'o1', { kind: 'cancelled', reason: 'too late' });
    await stage.send(events, 'o2', { kind: 'shipped', carrier: 'pigeon' });
  },
};

if (import.meta.main) await play(lesson);
