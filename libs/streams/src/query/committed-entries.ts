/** The committed entries of a store, decoded: bytes of the port on one side, keys and values on the other. */
import { InvalidQueryError } from '../errors/query.error.ts';
import type { SegmentId, StoreEntry } from '../ports/store.ts';
import type { Bytes, TimeSpan } from '../record/record.ts';
import { SerdeNotReadyError, whenReady } from '../serde/not-ready.ts';
import type { SerdeContext } from '../serde/serde.ts';
import { decodeStateValue } from '../state/changelog-codec.ts';
import type { StorePartitions } from './store-partitions.ts';

export interface CommittedEntry {
  readonly key: unknown;
  readonly value: unknown;
  readonly timestampMs: number;
}

/** Segments of one key that are asked for at once. */
const SEGMENTS_AT_ONCE = 100;

export class CommittedEntries {
  readonly partitions: StorePartitions;

  constructor(partitions: StorePartitions) {
    this.partitions = partitions;
  }

  /** What a query is shown of an entry: of an aggregate its result. */
  shown({ key, value }: Pick<CommittedEntry, 'key' | 'value'>, window: TimeSpan | null): unknown {
    return this.partitions.declaration.shown?.(value, key, window) ?? value;
  }

  /** @throws InvalidQueryError for what the key serde of the store cannot write, SerdeNotReadyError */
  encodeKey(key: unknown): Bytes {
    const { declaration } = this.partitions;
    try {
      return declaration.key.serialize(key, this.#context('key'));
    } catch (error) {
      if (error instanceof SerdeNotReadyError) throw error;
      throw new InvalidQueryError(
        `Cannot look for this key in store ${declaration.name}, whose keys are ${declaration.key.format ?? 'of another type'}: ${(error as Error).message}`,
        { cause: error },
      );
    }
  }

  /** undefined: there is none. */
  async find(segment: SegmentId, key: unknown): Promise<CommittedEntry | undefined> {
    const [found] = await this.findMany(segment, [key]);
    return found;
  }

  /** In the order of the keys. */
  async findMany(
    segment: SegmentId,
    keys: readonly unknown[],
  ): Promise<readonly (CommittedEntry | undefined)[]> {
    const asked = await whenReady(() => keys.map((key, at) => ({ key, at, bytes: this.encodeKey(key) })));
    const partitionOf = await this.partitions.partitioner();
    const byPartition = Map.groupBy(asked, ({ key, bytes }) => partitionOf(key, bytes));
    const found: (CommittedEntry | undefined)[] = keys.map(() => undefined);
    const reads = Array.from(byPartition, async ([partition, some]) => {
      const bytes = some.map((one) => one.bytes);
      const values = await this.partitions.read(partition, (reader) => reader.getMany(segment, bytes));
      await whenReady(() => {
        for (const [index, { key, at }] of some.entries())
          found[at] = this.#entry(key, values[index] ?? null);
      });
    });
    await Promise.all(reads);
    return found;
  }

  /** Of one key, in the segments that lie within the span, ascending. */
  async *findInSegments(
    key: unknown,
    { startMs, endMs }: TimeSpan,
  ): AsyncGenerator<[segment: number, CommittedEntry]> {
    const bytes = await whenReady(() => this.encodeKey(key));
    const partition = (await this.partitions.partitioner())(key, bytes);
    const all = await this.partitions.read(partition, (reader) => reader.segments());
    const segments = all.filter((segment) => segment >= startMs && segment <= endMs);
    for (let at = 0; at < segments.length; at += SEGMENTS_AT_ONCE) {
      const some = segments.slice(at, at + SEGMENTS_AT_ONCE);
      const values = await this.partitions.read(partition, (reader) =>
        Promise.all(some.map((segment) => reader.getMany(segment, [bytes]))),
      );
      for (const [index, segment] of some.entries()) {
        const entry = await whenReady(() => this.#entry(key, values[index]![0] ?? null));
        if (entry !== undefined) yield [segment, entry];
      }
    }
  }

  /** Of all partitions, ascending. */
  async segments(): Promise<readonly number[]> {
    const ids = await this.partitions.ids();
    const found = await Promise.all(
      ids.map((partition) => this.partitions.read(partition, (reader) => reader.segments())),
    );
    return [...new Set(found.flat())].sort((a, b) => a - b);
  }

  /** Of all partitions, in no order. */
  async *scan(segment: SegmentId): AsyncGenerator<CommittedEntry> {
    for (const partition of await this.partitions.ids())
      for await (const piece of this.partitions.scan(partition, segment))
        yield* await whenReady(() => piece.map((entry) => this.decode(entry)));
  }

  /** @throws SerdeNotReadyError */
  decode({ key, value }: StoreEntry): CommittedEntry {
    return this.#entry(this.partitions.declaration.key.deserialize(key, this.#context('key')), value)!;
  }

  #entry(key: unknown, bytes: Bytes | null): CommittedEntry | undefined {
    if (bytes === null) return undefined;
    const { timestampMs, value } = decodeStateValue(bytes);
    return {
      key,
      timestampMs,
      value: this.partitions.declaration.value.deserialize(value, this.#context('value')),
    };
  }

  #context(part: 'key' | 'value'): SerdeContext {
    return { topic: this.partitions.changelogTopic, part, headers: () => [] };
  }
}
