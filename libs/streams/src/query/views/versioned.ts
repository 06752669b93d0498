import type { RowVersion } from '../../processor/operators/rows/row-versions.serde.ts';
import type { TimeSpan } from '../../record/record.ts';
import type {
  ReadOnlyVersionedKeyValueStore,
  VersionedRecord,
} from '../../topology/stores/versioned-key-value-store.ts';
import type { CommittedEntries, CommittedEntry } from '../committed-entries.ts';

const ALWAYS: TimeSpan = { startMs: -Infinity, endMs: Infinity };

/** The latest values in one store, what they were before in another, in buckets of the time at which it ended. A commit reaches each
 *  of the two in a step of its own: between them the value that has just ended is not found. */
export class CommittedVersionedStore implements ReadOnlyVersionedKeyValueStore<unknown, unknown> {
  readonly #latest: CommittedEntries;
  readonly #history: CommittedEntries;

  constructor(latest: CommittedEntries, history: CommittedEntries) {
    this.#latest = latest;
    this.#history = history;
  }

  async get(key: unknown, asOfMs = Infinity): Promise<VersionedRecord<unknown> | undefined> {
    const latest = await this.#latest.find(null, key);
    if (latest !== undefined && latest.timestampMs <= asOfMs) return latestOf(latest);
    if (asOfMs === Infinity) return undefined;
    const versions = await this.#versions(key, asOfMs);
    const held = versions.find(({ fromMs, toMs }) => fromMs <= asOfMs && asOfMs < toMs);
    return held && recordOf(held)[0];
  }

  async *versions(
    key: unknown,
    { startMs, endMs }: TimeSpan = ALWAYS,
  ): AsyncGenerator<VersionedRecord<unknown>> {
    const latest = await this.#latest.find(null, key);
    const versions = (await this.#versions(key, startMs)).filter(
      ({ fromMs, toMs }) => toMs > startMs && fromMs <= endMs,
    );
    yield* versions.flatMap(recordOf).sort((a, b) => a.timestampMs - b.timestampMs);
    if (latest !== undefined && latest.timestampMs <= endMs) yield latestOf(latest);
  }

  /** Those that held at this time or later, at least. */
  async #versions(key: unknown, sinceMs: number): Promise<readonly RowVersion[]> {
    const found: RowVersion[] = [];
    const bucketMs = this.#history.partitions.declaration.windowSizeMs ?? 0;
    const buckets = { startMs: sinceMs - bucketMs, endMs: Infinity };
    for await (const [, { value }] of this.#history.findInSegments(key, buckets))
      found.push(...(value as readonly RowVersion[]));
    return found;
  }
}

function latestOf({ value, timestampMs }: CommittedEntry): VersionedRecord<unknown> {
  return { value, timestampMs, validToMs: null };
}

/** Nothing for a time in which there was no value. */
function recordOf({ value, fromMs, toMs }: RowVersion): VersionedRecord<unknown>[] {
  return value === null ? [] : [{ value, timestampMs: fromMs, validToMs: toMs }];
}
