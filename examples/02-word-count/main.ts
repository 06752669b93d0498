import { play, type Lesson } from '../stage.ts';
import { counts, lines, topology } from './topology.ts';

export const lesson: Lesson = {
  topology,
  async play(stage) {
    await stage.show(counts);
    for (const line of ['the quick brown fox', 'jumps over the lazy dog', 'the fox is quick']) {
      stage.say(`> ${line}`);
      await stage.send(lines, null, line);
      await stage.settled();
    }
  },
};

if (import.meta.main) await play(lesson);
