/** Step 5: applies committed writes to the stores, each continuing from the changelog offset where it stands. And before step 4:
 *  looks whether the stores still stand there, so that nothing is committed that was computed from lost writes. */
import { TaskCorruptedError } from '../errors/streams.error.ts';
import type { EndOffsets } from '../ports/log.ts';
import type { FlushResult, StorePartition } from '../ports/store.ts';
import type { SealedStore } from './sealed-work.ts';

interface Flushed {
  readonly partition: StorePartition;
  readonly changelogTopic: string;
  /** The changelog offset up to which the store partition has applied everything. */
  offset: number;
}

/** Told of each flush, for metrics. */
export interface FlushMeter {
  elapsedMs(): number;
  flushed(store: string, ms: number): void;
}

export class StoreFlusher {
  readonly #meter: FlushMeter;
  readonly #stores = new Map<string, Flushed>();

  constructor(meter: FlushMeter) {
    this.#meter = meter;
  }

  add(store: string, partition: StorePartition, changelogTopic: string, offset: number): void {
    this.#stores.set(store, { partition, changelogTopic, offset });
  }

  /** @throws TaskCorruptedError when one of these stores has lost writes, or has another owner: what was read of it may be wrong */
  async check(stores: readonly string[]): Promise<void> {
    await Promise.all(stores.map((store) => this.#checkOne(store)));
  }

  /** A flush of nothing is refused like any other. */
  async #checkOne(name: string): Promise<void> {
    const { partition, offset } = this.#stores.get(name)!;
    const nothing = { writes: [], expireBeforeMs: null, fromOffset: offset, toOffset: offset };
    const result = await partition.flush(nothing);
    if (result !== 'applied' && result !== 'alreadyApplied')
      throw notContinued('commit what was read of', name, result, offset);
  }

  /** @throws TaskCorruptedError when a store is not where its changelog says: another owner wrote, or it lost writes (D30) */
  async flush(sealed: readonly SealedStore[], ends: EndOffsets): Promise<void> {
    await Promise.all(sealed.map((one) => this.#flushOne(one, ends)));
  }

  async #flushOne(sealed: SealedStore, ends: EndOffsets): Promise<void> {
    const store = this.#stores.get(sealed.store)!;
    // A store without a changelog counts its flushes instead.
    const toOffset = ends.find((end) => end.topic === store.changelogTopic)?.offset ?? store.offset + 1;
    const startedMs = this.#meter.elapsedMs();
    const result = await store.partition.flush({
      writes: sealed.state.writes,
      expireBeforeMs: sealed.state.expireBeforeMs,
      fromOffset: store.offset,
      toOffset,
    });
    if (result !== 'applied' && result !== 'alreadyApplied')
      throw notContinued('apply a commit to', sealed.store, result, store.offset);
    this.#meter.flushed(sealed.store, this.#meter.elapsedMs() - startedMs);
    store.offset = toOffset;
  }
}

function notContinued(what: string, store: string, result: FlushResult, offset: number): TaskCorruptedError {
  const why =
    result === 'fenced'
      ? 'another owner has opened it since'
      : `it does not stand at changelog offset ${offset}: it has lost writes, or another owner wrote`;
  return new TaskCorruptedError(
    `Cannot ${what} store ${store}: ${why}. The task is opened again and replays the changelog.`,
  );
}
