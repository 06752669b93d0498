import { describe, expect, it } from '@jest/globals';
import type { StateSegment, StateStore } from '../../state/state-store.ts';
import type { OperatorContext } from '../operator.ts';
import { Lane, type Parking } from './lane.ts';

const segment = { id: null } as StateSegment;

/** Knows what was loaded. */
class Store {
  readonly known = new Set<unknown>();
  readonly loads: unknown[][] = [];

  isKnown(_segment: StateSegment, id: unknown): boolean {
    return this.known.has(id);
  }
  async load(wanted: ReadonlyMap<StateSegment, ReadonlyMap<unknown, unknown>>): Promise<void> {
    const ids = [...wanted.values()].flatMap((keys) => [...keys.keys()]);
    this.loads.push(ids);
    for (const id of ids) this.known.add(id);
  }
}

function contextAt(watermarkMs: number): OperatorContext {
  const record = { sizeBytes: 1, capture: () => ({}), restore: () => {} };
  return { time: { watermarkMs }, record } as unknown as OperatorContext;
}

/** An operator that needs the entry of a record's key, then notes it and passes it on. */
class Reading implements Parking {
  readonly context: OperatorContext;
  readonly #lane: Lane;
  readonly #store: Store;
  readonly #then: (key: unknown) => void;

  constructor(lane: Lane, store: Store, then: (key: unknown) => void, watermarkMs = 0) {
    this.#lane = lane;
    this.#store = store;
    this.#then = then;
    this.context = contextAt(watermarkMs);
  }
  receive(key: string): void {
    if (this.#lane.isClear && this.#store.isKnown(segment, key)) return this.#then(key);
    this.#lane.want(this.#store as unknown as StateStore, segment, key, key);
    this.#lane.park(this, key, null, 0);
  }
  process({ key }: { readonly key: unknown }): void {
    this.#then(key);
  }
}

describe('Lane', () => {
  it('keeps records of all its operators in order, and reads for all of them at once', async () => {
    const lane = new Lane();
    const [rows, sums] = [new Store(), new Store()];
    rows.known.add('known');
    const seen: string[] = [];
    const one = new Reading(lane, rows, (key) => seen.push(`one ${String(key)}`));
    const other = new Reading(lane, sums, (key) => seen.push(`other ${String(key)}`));
    one.receive('a');
    other.receive('a');
    one.receive('known');
    expect([lane.held, lane.isClear, seen]).toEqual([3, false, []]);
    await lane.drain();
    expect(seen).toEqual(['one a', 'other a', 'one known']);
    expect([rows.loads, sums.loads]).toEqual([[['a']], [['a']]]);
    one.receive('known');
    expect(seen.at(-1)).toBe('one known');
  });

  it('lets a record go all its way before the next, also where it must wait again', async () => {
    const lane = new Lane();
    const [first, second] = [new Store(), new Store()];
    const seen: string[] = [];
    const behind = new Reading(lane, second, (key) => seen.push(`behind ${String(key)}`));
    const front = new Reading(lane, first, (key) => {
      seen.push(`front ${String(key)}`);
      behind.receive(String(key));
    });
    for (const key of ['a', 'b', 'a']) front.receive(key);
    await lane.drain();
    expect(seen).toEqual(['front a', 'behind a', 'front b', 'behind b', 'front a', 'behind a']);
  });

  it('does not let what a record passes on later overtake what it parked', async () => {
    const lane = new Lane();
    const [first, second] = [new Store(), new Store()];
    second.known.add('known');
    const seen: unknown[] = [];
    const behind = new Reading(lane, second, (key) => seen.push(key));
    const front = new Reading(lane, first, () => {
      behind.receive('unknown');
      behind.receive('known');
    });
    front.receive('a');
    await lane.drain();
    expect(seen).toEqual(['unknown', 'known']);
  });

  it('holds the time of the oldest record that waits', async () => {
    const lane = new Lane();
    const store = new Store();
    const times: number[] = [lane.oldestWatermarkMs];
    new Reading(lane, store, () => times.push(lane.oldestWatermarkMs), 20).receive('a');
    new Reading(lane, store, () => times.push(lane.oldestWatermarkMs), 10).receive('b');
    times.push(lane.oldestWatermarkMs);
    await lane.drain();
    expect(times).toEqual([Infinity, 10, 10, Infinity]);
  });

  it('tells of a failure once, and goes on behind the record that failed', async () => {
    const lane = new Lane();
    const store = new Store();
    const seen: unknown[] = [];
    const failing = new Reading(lane, store, (key) => {
      if (key === 'bad') throw new Error('no');
      seen.push(key);
    });
    for (const key of ['bad', 'good']) failing.receive(key);
    const drained = await Promise.allSettled([lane.drain(), lane.drain()]);
    expect(drained.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    await lane.drain();
    expect(seen).toEqual(['good']);
  });
});
