import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { StateSegment, StateStore } from '../../state/state-store.ts';
import type { OperatorContext } from '../operator.ts';
import { ParkedRecords } from './parked-records.ts';

/** A store that knows what was loaded, and loads when it is told to. */
class SlowState {
  readonly known = new Set<unknown>();
  readonly #loads: (() => void)[] = [];

  isKnown(_segment: StateSegment, id: unknown): boolean {
    return this.known.has(id);
  }
  load(wanted: ReadonlyMap<StateSegment, ReadonlyMap<unknown, unknown>>): Promise<void> {
    const ids = [...wanted.values()].flatMap((keys) => [...keys.keys()]);
    return new Promise((resolve) => {
      this.#loads.push(() => {
        for (const id of ids) this.known.add(id);
        resolve();
      });
    });
  }
  answer(): void {
    this.#loads.shift()!();
  }
}

describe('ParkedRecords', () => {
  it('loads what records need that come while it loads, before it lets any of them go', async () => {
    const state = new SlowState();
    const passed: unknown[] = [];
    const context = { time: { watermarkMs: 0 }, record: { capture: () => ({}), restore: () => {} } };
    const parked = new ParkedRecords(context as unknown as OperatorContext, state as unknown as StateStore, {
      process: ({ key }) => passed.push([key, state.known.has(key)]),
    });
    const segment = { id: null } as StateSegment;
    const park = (key: string) => {
      parked.want(segment, key, key);
      parked.park(key, null, 0);
    };
    park('first');
    const drained = parked.drain();
    park('second');
    state.answer();
    await turnOfTheEventLoop();
    expect(passed).toEqual([]);
    state.answer();
    await drained;
    expect(passed).toEqual([
      ['first', true],
      ['second', true],
    ]);
  });
});
