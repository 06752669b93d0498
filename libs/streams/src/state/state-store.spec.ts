import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { StorePartition, StorePort } from '../ports/store.ts';
import { BATCH_HEADER_BYTES, NO_PRODUCER, RecordCursor, sealBatch } from '../record-batch/index.ts';
import { double, string } from '../serde/primitives.serde.ts';
import type { Serde } from '../serde/serde.ts';
import type { StoreDeclaration } from '../topology/graph.ts';
import { inMemoryStores } from './in-memory/index.ts';
import { StateStore, type SealedState, type StateEntry } from './state-store.ts';

const declaration: StoreDeclaration = {
  name: 'rows',
  kind: 'keyValue',
  key: string() as Serde<unknown>,
  value: double() as Serde<unknown>,
  retentionMs: null,
  windowSizeMs: null,
  changelog: true,
};

/** A state store over a real store partition, as a task would use it; what was sealed waits to be flushed. */
class Owner {
  readonly state: StateStore;
  readonly partition: StorePartition;
  #offset: number;
  #sealed: SealedState | null = null;

  private constructor(partition: StorePartition, maxCachedBytes: number) {
    this.partition = partition;
    this.#offset = partition.changelogOffset ?? 0;
    this.state = new StateStore({
      declaration,
      changelogTopic: 'app-rows-changelog',
      maxCachedBytes,
      maxBatchBytes: 1_000,
    });
  }

  static async of(stores: StorePort, maxCachedBytes: number): Promise<Owner> {
    const partition = await stores.open({ applicationId: 'app', store: 'rows', partition: 0 }, declaration);
    const owner = new Owner(partition, maxCachedBytes);
    await owner.state.attach(partition, partition.changelogOffset === null);
    return owner;
  }

  get segment() {
    return this.state.segment(null);
  }

  /** Reads as an operator does: what may lie in the store is loaded first. */
  async find(key: string): Promise<StateEntry | undefined> {
    if (!this.state.isKnown(this.segment, key))
      await this.state.load(new Map([[this.segment, new Map([[key, key]])]]));
    return this.segment.entries.get(key);
  }

  async put(key: string, value: number): Promise<void> {
    const entry = (await this.find(key)) ?? this.state.create(this.segment, key, key, value);
    entry.value = value;
    this.state.touch(entry);
  }

  async remove(key: string): Promise<void> {
    const entry = await this.find(key);
    if (entry !== undefined) this.state.remove(entry);
  }

  /** As the task does: nothing is being flushed when clean entries are forgotten. */
  async seal(): Promise<SealedState | null> {
    await this.flush();
    this.state.evict();
    this.#sealed = this.state.seal(0);
    return this.#sealed;
  }

  async flush(): Promise<void> {
    const sealed = this.#sealed;
    this.#sealed = null;
    if (sealed === null) return;
    const { writes, expireBeforeMs } = sealed;
    const fromOffset = this.#offset++;
    await this.partition.flush({ writes, expireBeforeMs, fromOffset, toOffset: this.#offset });
  }
}

const NOTHING_CACHED = 1;
const EVERYTHING_CACHED = 1_000_000;

describe('StateStore', () => {
  it('deletes with a tombstone in the changelog and a delete in the store', async () => {
    const owner = await Owner.of(inMemoryStores(), EVERYTHING_CACHED);
    await owner.put('a', 1);
    await owner.seal();
    await owner.remove('a');
    expect(await owner.find('a')).toBeUndefined();
    const sealed = await owner.seal();
    const [changelog] = sealed!.changelog.map(recordsOf);
    expect(changelog).toEqual([['a', null]]);
    await owner.flush();
    expect(await owner.partition.getMany(null, [Buffer.from('a')])).toEqual([null]);
  });

  it('does not bring back a removed entry that the store still has', async () => {
    const stores = inMemoryStores();
    const before = await Owner.of(stores, EVERYTHING_CACHED);
    await before.put('a', 1);
    await before.seal();
    await before.flush();
    const owner = await Owner.of(stores, NOTHING_CACHED);
    await owner.remove('a');
    owner.state.evict();
    expect(await owner.find('a')).toBeUndefined();
    await owner.seal();
    expect(await owner.find('a')).toBeUndefined();
    await owner.state.loadAll(owner.segment);
    expect([...owner.segment.entries.keys()]).toEqual([]);
  });

  it('scans what the cache and the store hold, each entry once, and keeps nothing of it', async () => {
    const stores = inMemoryStores();
    const before = await Owner.of(stores, EVERYTHING_CACHED);
    for (const [i, key] of ['a', 'b', 'c', 'd'].entries()) await before.put(key, i);
    await before.seal();
    await before.flush();
    const owner = await Owner.of(stores, EVERYTHING_CACHED);
    await owner.put('b', 10);
    await owner.remove('c');
    const { partition } = owner;
    const once = partition.scan.bind(partition);
    Object.assign(partition, {
      scan: async function* () {
        yield* once(null);
        yield* once(null); // as Redis may, while it makes a hash larger
      },
    });
    const { cachedBytes } = owner.state;
    const found: (readonly [string, unknown])[] = [];
    for await (const { key, value } of owner.state.scan(owner.segment)) found.push([String(key), value]);
    expect(found).toHaveLength(3);
    expect(Object.fromEntries(found)).toEqual({ a: 0, b: 10, d: 3 });
    expect([owner.state.cachedBytes, [...owner.segment.entries.keys()]]).toEqual([cachedBytes, ['b']]);
  });

  it('is the same entry again when it is created again, and is written once', async () => {
    const owner = await Owner.of(inMemoryStores(), EVERYTHING_CACHED);
    await owner.put('a', 1);
    const entry = await owner.find('a');
    await owner.remove('a');
    await owner.put('a', 2);
    expect(await owner.find('a')).toBe(entry);
    expect((await owner.seal())!.writes.map(({ count }) => count)).toEqual([1]);
  });

  it('shows a removed entry as a record without a value', async () => {
    const owner = await Owner.of(inMemoryStores(), EVERYTHING_CACHED);
    await owner.put('a', 1);
    const entry = (await owner.find('a'))!;
    owner.state.remove(entry);
    expect(owner.state.capture(entry, 0).rawValue).toBeNull();
  });

  it('refuses to remove what is not there', async () => {
    const owner = await Owner.of(inMemoryStores(), EVERYTHING_CACHED);
    await owner.put('a', 1);
    const entry = (await owner.find('a'))!;
    owner.state.remove(entry);
    expect(() => owner.state.remove(entry)).toThrow('not there');
  });

  it('behaves as a Map, whatever is sealed, flushed, forgotten, loaded and restarted meanwhile', async () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const step = fc.oneof(
      fc.record({ do: fc.constant('put' as const), key, value: fc.integer() }),
      fc.record({ do: fc.constant('remove' as const), key }),
      fc.record({ do: fc.constant('seal' as const) }),
      fc.record({ do: fc.constant('flush' as const) }),
      fc.record({ do: fc.constant('loadAll' as const) }),
      fc.record({ do: fc.constant('restart' as const) }),
    );
    const maxCachedBytes = fc.constantFrom(NOTHING_CACHED, 500, EVERYTHING_CACHED);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), maxCachedBytes, async (steps, cachedBytes) => {
        const stores = inMemoryStores();
        let owner = await Owner.of(stores, cachedBytes);
        const model = new Map<string, number>();
        for (const one of steps) {
          if (one.do === 'restart') {
            await owner.seal();
            await owner.flush();
            owner = await Owner.of(stores, cachedBytes);
          } else await take(one, owner, model);
        }
        for (const name of ['a', 'b', 'c', 'd', 'e'])
          expect((await owner.find(name))?.value).toBe(model.get(name));
        await owner.seal();
        await owner.flush();
        const next = await Owner.of(stores, cachedBytes);
        await next.state.loadAll(next.segment);
        const stored = Array.from(next.segment.entries, ([id, { value }]) => [id, value] as const);
        expect(new Map(stored)).toEqual(model);
        expect(owner.state.cachedBytes).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 300 },
    );
  });
});

type Step =
  | { do: 'put'; key: string; value: number }
  | { do: 'remove'; key: string }
  | { do: 'seal' | 'flush' | 'loadAll' };

async function take(step: Step, owner: Owner, model: Map<string, number>): Promise<void> {
  switch (step.do) {
    case 'put':
      model.set(step.key, step.value);
      return owner.put(step.key, step.value);
    case 'remove':
      model.delete(step.key);
      return owner.remove(step.key);
    case 'loadAll':
      return owner.state.loadAll(owner.segment);
    case 'flush':
      return owner.flush();
    case 'seal':
      await owner.seal();
  }
}

function recordsOf(encoded: SealedState['changelog'][number]): [string, Buffer | null][] {
  const cursor = new RecordCursor();
  const { count, end, baseTimestampMs } = encoded;
  const buffer = sealBatch(encoded, NO_PRODUCER);
  cursor.reset(
    [
      {
        buffer,
        start: BATCH_HEADER_BYTES,
        end,
        count,
        baseOffset: 0,
        baseTimestampMs,
        logAppendTimeMs: null,
      },
    ],
    0,
  );
  const found: [string, Buffer | null][] = [];
  while (cursor.next()) found.push([cursor.key()!.toString(), cursor.value()]);
  return found;
}

describe('the memory of a state store', () => {
  it('keeps a bounded number of keys in mind that do not exist', async () => {
    const stores = inMemoryStores();
    const first = await Owner.of(stores, 1_000_000);
    await first.put('a', 1);
    await first.seal();
    await first.flush();
    const owner = await Owner.of(stores, 1_000_000);
    for (let index = 0; index < 10_001; index++) await owner.find(`absent${index}`);
    expect(owner.segment.absent.size).toBe(10_001);
    owner.state.evict();
    expect(owner.segment.absent.size).toBe(0);
    expect((await owner.find('a'))?.value).toBe(1);
  });

  it('tells what changed entries will take by what those before them took', async () => {
    const long = 'k'.repeat(10_000);
    const owner = await Owner.of(inMemoryStores(), 1_000_000);
    for (let index = 0; index < 10; index++) await owner.put(`${long}${index}`, index);
    expect(owner.state.dirtyBytes).toBeLessThan(100_000); // nothing is known yet
    await owner.seal();
    for (let index = 0; index < 10; index++) await owner.put(`${long}${index}`, index);
    expect(owner.state.dirtyBytes).toBeGreaterThan(200_000);
    expect(owner.state.dirtyBytes).toBeLessThan(300_000);
  });
});
