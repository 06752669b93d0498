import type { KeyValue } from '../../record/record.ts';
import { whenReady } from '../../serde/not-ready.ts';
import type { KeyRange, ReadOnlyKeyValueStore } from '../../topology/store-ref.ts';
import { compareBytes, keyFilter } from '../key-filter.ts';
import type { CommittedEntries } from '../committed-entries.ts';

export class CommittedKeyValueStore implements ReadOnlyKeyValueStore<unknown, unknown> {
  readonly #entries: CommittedEntries;

  constructor(entries: CommittedEntries) {
    this.#entries = entries;
  }

  async get(key: unknown): Promise<unknown> {
    const entry = await this.#entries.find(null, key);
    return entry && this.#entries.shown(entry, null);
  }

  async getMany(keys: readonly unknown[]): Promise<ReadonlyMap<unknown, unknown>> {
    const found = await this.#entries.findMany(null, keys);
    return new Map(found.flatMap((entry) => (entry ? [[entry.key, this.#entries.shown(entry, null)]] : [])));
  }

  async *all(): AsyncGenerator<KeyValue<unknown, unknown>> {
    for await (const entry of this.#entries.scan(null))
      yield { key: entry.key, value: this.#entries.shown(entry, null) };
  }

  async *range(range: KeyRange<unknown> = {}): AsyncGenerator<KeyValue<unknown, unknown>> {
    const { partitions } = this.#entries;
    const isWanted = await whenReady(() => keyFilter(this.#entries, range));
    const found = [];
    for (const partition of await partitions.ids())
      for await (const piece of partitions.scan(partition, null))
        found.push(...piece.filter(({ key }) => isWanted(key)));
    found.sort((a, b) => compareBytes(a.key, b.key));
    for (const bytes of found) {
      const entry = await whenReady(() => this.#entries.decode(bytes));
      yield { key: entry.key, value: this.#entries.shown(entry, null) };
    }
  }
}
