import { setTimeout as sleep } from 'node:timers/promises';
import { play, type Lesson } from '../stage.ts';
import { heartbeats, silences, topology } from './topology.ts';

export const lesson: Lesson = {
  topology,
  async play(stage) {
    const beganMs = Date.now();
    await stage.show(silences, ({ sinceMs }) => `silent since ${((sinceMs - beganMs) / 1_000).toFixed(1)} s`);
    for (let second = 0; second < 5; second++) {
      const alive = ['pump', 'valve', 'fan'].filter((_, index) => index >= second);
      stage.say(`> second ${second}: ${alive.join(', ') || 'nobody'}`);
      for (const device of alive) await stage.send(heartbeats, device, { battery: 100 - second });
      await sleep(1_000);
      await stage.settled();
    }
  },
};

if (import.meta.main) await play(lesson);
