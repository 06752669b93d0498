import { describe, expect, it } from '@jest/globals';
import { Punctuators } from './punctuators.ts';

function scheduled(time: 'stream' | 'wallClock', everyMs: number, nowMs = 0) {
  const punctuators = new Punctuators();
  const fired: number[] = [];
  punctuators.schedule({ everyMs, time, punctuate: (atMs) => void fired.push(atMs) }, nowMs);
  return {
    fired,
    at: async (wallMs: number, watermarkMs: number) => punctuators.run(punctuators.due(wallMs, watermarkMs)),
  };
}

describe('Punctuators', () => {
  it('fire by wall clock when the interval has passed, whatever the records say', async () => {
    const { fired, at } = scheduled('wallClock', 100);
    for (const nowMs of [50, 99, 100, 150, 205]) await at(nowMs, -Infinity);
    expect(fired).toEqual([100, 205]);
  });

  it('fire by stream time when the watermark passes a multiple of the interval, beginning with its first', async () => {
    const { fired, at } = scheduled('stream', 100);
    for (const watermarkMs of [-Infinity, 130, 199, 200, 250, 310]) await at(0, watermarkMs);
    expect(fired).toEqual([200, 310]);
  });

  it('make up for missed intervals with one firing', async () => {
    const { fired, at } = scheduled('wallClock', 100);
    for (const nowMs of [950, 999, 1_000]) await at(nowMs, 0);
    expect(fired).toEqual([950, 1_000]);
  });

  it('wait for one that takes long before the next', async () => {
    const punctuators = new Punctuators();
    const order: string[] = [];
    for (const name of ['first', 'second']) {
      punctuators.schedule(
        {
          everyMs: 10,
          time: 'wallClock',
          punctuate: async () => {
            order.push(`${name} begins`);
            await Promise.resolve();
            order.push(`${name} ends`);
          },
        },
        0,
      );
    }
    await punctuators.run(punctuators.due(10, 0));
    expect(order).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
  });
});
