import { minutes } from '@hiveframe/streams';
import { play, type Lesson } from '../stage.ts';
import { clicks, topology, visits } from './topology.ts';

const DAY_MS = Date.parse('2026-01-30T08:00:00Z');

export const lesson: Lesson = {
  topology,
  async play(stage) {
    await stage.show(visits, ({ pages, seconds }) => `${pages.join(' → ')} in ${seconds / 60} minutes`);
    const click = (who: string, minute: number, page: string) =>
      stage.send(clicks, who, { page }, DAY_MS + minutes(minute));
    for (const [who, minute, page] of [
      ['ann', 0, '/'],
      ['bob', 5, '/'],
      ['ann', 12, '/shop'],
      ['ann', 30, '/cart'],
      ['bob', 50, '/help'],
      ['ann', 120, '/'],
      ['bob', 121, '/'],
    ] as const)
      await click(who, minute, page);
  },
};

if (import.meta.main) await play(lesson);
