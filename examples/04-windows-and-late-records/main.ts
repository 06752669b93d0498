import { play, type Lesson } from '../stage.ts';
import { hits, late, perWindow, topology } from './topology.ts';

const BASE_MS = Date.parse('2026-01-30T10:00:00Z');

export const lesson: Lesson = {
  topology,
  async play(stage) {
    await stage.show(perWindow, (row) => `${new Date(row.window_start).toISOString()}  ${row.hits} hits`);
    await stage.show(late, ({ at }) => `${at} came too late`);
    for (const second of [1, 4, 9, 12, 7, 16, 5, 24, 31]) {
      const at = new Date(BASE_MS + second * 1_000).toISOString();
      stage.say(`> a hit of ${at}`);
      await stage.send(hits, 'user', { page: '/', at });
      await stage.settled();
    }
  },
};

if (import.meta.main) await play(lesson);
