import { setTimeout as sleep } from 'node:timers/promises';
import { play, type Lesson } from '../stage.ts';
import { located, signups, topologyWith } from './topology.ts';

const COUNTRIES = ['DE', 'FR', 'PL', 'SE'];
let calls = 0;

/** Answers after 50 to 100 ms, and fails every fourth time. */
async function countryOf(ip: string): Promise<string> {
  const call = ++calls;
  await sleep(50 + (call % 6) * 10);
  if (call % 4 === 0) throw new Error('503');
  return COUNTRIES[Number(ip.split('.')[2])]!;
}

export const lesson: Lesson = {
  topology: topologyWith({ countryOf }),
  async play(stage) {
    await stage.show(located, ({ ip, country }) => `${ip} in ${country}`);
    const beganMs = performance.now();
    for (let user = 1; user <= 12; user++)
      await stage.send(signups, `user-${user}`, { ip: `10.0.${user % 4}.${user}` });
    await stage.settled();
    stage.say(`${calls} calls in ${Math.round(performance.now() - beganMs)} ms`);
  },
};

if (import.meta.main) await play(lesson);
