import { describe, expect, it } from '@jest/globals';
import { RestoreTurns } from './restore-turns.ts';

const LONG = 1_000_000;
const idle = new AbortController().signal;
/** All microtasks that are waiting now. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A replay that ends when it is told to. */
class Replay {
  started = false;
  readonly #end = Promise.withResolvers<void>();
  readonly done: Promise<void>;

  constructor(turns: RestoreTurns, offsets = LONG, signal: AbortSignal = idle) {
    this.done = turns.replay(offsets, signal, () => {
      this.started = true;
      return this.#end.promise;
    });
    this.done.catch(() => {});
  }
  async end(): Promise<void> {
    this.#end.resolve();
    await this.done;
    await settle();
  }
}

describe('RestoreTurns', () => {
  const breathe = async () => {};

  it('R1 lets so many long replays run at once, and the next ones in the order they came', async () => {
    const turns = new RestoreTurns({ breathe, slots: 2 });
    const replays = [1, 2, 3, 4].map(() => new Replay(turns));
    await settle();
    expect(replays.map(({ started }) => started)).toEqual([true, true, false, false]);
    await replays[1]!.end();
    expect(replays.map(({ started }) => started)).toEqual([true, true, true, false]);
    await replays[0]!.end();
    expect(replays[3]!.started).toBe(true);
  });

  it('R1 does not let a short replay wait for long ones', async () => {
    const turns = new RestoreTurns({ breathe, slots: 1 });
    const long = new Replay(turns);
    const short = new Replay(turns, 100);
    await settle();
    expect(short.started).toBe(true);
    await Promise.all([short.end(), long.end()]);
  });

  it('R1 gives up a place in the queue when it is called off, and a slot when a replay fails', async () => {
    const turns = new RestoreTurns({ breathe, slots: 1 });
    const failing = turns.replay(LONG, idle, () =>
      settle().then(() => Promise.reject(new Error('no store'))),
    );
    const calledOff = new AbortController();
    const waiting = new Replay(turns, LONG, calledOff.signal);
    const last = new Replay(turns);
    calledOff.abort(new Error('the group moved on'));
    await expect(waiting.done).rejects.toThrow('the group moved on');
    await expect(failing).rejects.toThrow('no store');
    await settle();
    expect([waiting.started, last.started]).toEqual([false, true]);
  });

  it('R2 lets the process breathe between any two slices, of whatever replay', async () => {
    const breaths: (() => void)[] = [];
    const turns = new RestoreTurns({ breathe: () => new Promise((resolve) => breaths.push(resolve)) });
    const slices: number[] = [];
    for (const name of [1, 2, 3]) void turns.slice().then(() => slices.push(name));
    for (const expected of [[1], [1, 2], [1, 2, 3]]) {
      await settle();
      expect(breaths).toHaveLength(expected.length);
      breaths.at(-1)!();
      await settle();
      expect(slices).toEqual(expected);
    }
  });
});
