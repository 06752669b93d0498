/** The committed entries of a store, over all its partitions, as its owners keep them. */
import {
  whenReady,
  type SegmentId,
  type StoreDeclaration,
  type StoreEntry,
  type StoreReader,
  type TimeSpan,
} from '@hiveframe/streams';
import { decodeStateValue } from '@hiveframe/streams/internal';

export interface CommittedEntry {
  readonly key: unknown;
  readonly value: unknown;
  readonly timestampMs: number;
}

export class CommittedEntries {
  readonly #declaration: StoreDeclaration;
  readonly #partitions: () => Promise<readonly StoreReader[]>;

  constructor(declaration: StoreDeclaration, partitions: () => Promise<readonly StoreReader[]>) {
    this.#declaration = declaration;
    this.#partitions = partitions;
  }

  /** What a query is shown of an entry: of an aggregate its result. */
  shown({ key, value }: Pick<CommittedEntry, 'key' | 'value'>, window: TimeSpan | null): unknown {
    return this.#declaration.shown?.(value, key, window) ?? value;
  }

  /** undefined: no partition has the key. */
  async find(segment: SegmentId, key: unknown): Promise<CommittedEntry | undefined> {
    const bytes = this.#declaration.key.serialize(key, this.#context('key'));
    for (const partition of await this.#partitions()) {
      const [value] = await partition.getMany(segment, [bytes]);
      if (value !== null && value !== undefined)
        return { key, ...(await whenReady(() => this.#decode(value))) };
    }
    return undefined;
  }

  /** Of all partitions, ascending. */
  async segments(): Promise<readonly number[]> {
    const found = new Set<number>();
    for (const partition of await this.#partitions())
      for (const startMs of await partition.segments()) found.add(startMs);
    return [...found].sort((a, b) => a - b);
  }

  async scan(segment: SegmentId): Promise<readonly CommittedEntry[]> {
    const entries: CommittedEntry[] = [];
    for (const partition of await this.#partitions()) {
      for await (const piece of partition.scan(segment))
        entries.push(...(await whenReady(() => piece.map((entry) => this.#read(entry)))));
    }
    return entries;
  }

  #read({ key, value }: StoreEntry): CommittedEntry {
    return {
      key: this.#declaration.key.deserialize(key, this.#context('key')),
      ...this.#decode(value),
    };
  }

  #decode(bytes: Uint8Array): Omit<CommittedEntry, 'key'> {
    const { timestampMs, value } = decodeStateValue(bytes);
    return { timestampMs, value: this.#declaration.value.deserialize(value, this.#context('value')) };
  }

  #context(part: 'key' | 'value') {
    return { topic: this.#declaration.name, part, headers: () => [] };
  }
}
