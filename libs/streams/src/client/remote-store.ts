/** Stores of a service, as a client reads them. */
import type { KeyValue, TimeSpan, Windowed } from '../record/record.ts';
import type { KeyRange, ReadOnlyKeyValueStore, ReadOnlyWindowStore } from '../topology/store-ref.ts';
import type { ReadOnlyListStore } from '../topology/stores/list-store.ts';
import type { ReadOnlySessionStore, SessionSearch } from '../topology/stores/session-store.ts';
import type {
  ReadOnlyVersionedKeyValueStore,
  VersionedRecord,
} from '../topology/stores/versioned-key-value-store.ts';
import type { QueryTransport } from './query-transport.ts';

export interface RemoteKeyValueStore<K, V> extends ReadOnlyKeyValueStore<K, V> {
  get(key: K): Promise<V | undefined>;
  /** Asked one by one. */
  getMany(keys: readonly K[]): Promise<ReadonlyMap<K, V>>;
  /** Page by page, in the order of partitions and of the key bytes in each. */
  all(): AsyncIterable<KeyValue<K, V>>;
  /** The same, of keys that lie within it. */
  range(range?: KeyRange<K>): AsyncIterable<KeyValue<K, V>>;
}
export interface RemoteWindowStore<K, V> extends ReadOnlyWindowStore<K, V> {
  fetch(key: K, windowStartMs: number): Promise<V | undefined>;
}
export interface RemoteSessionStore<K, V> extends ReadOnlySessionStore<K, V> {
  fetchSession(key: K, session: TimeSpan): Promise<V | undefined>;
}
export interface RemoteVersionedKeyValueStore<K, V> {
  get(key: K, asOfMs?: number): Promise<VersionedRecord<V> | undefined>;
}
export type RemoteListStore<K, V> = Pick<ReadOnlyListStore<K, V>, 'values'>;

/** What a client sees of a store that is seen as S in its process. */
export type RemoteStore<S> =
  S extends ReadOnlyKeyValueStore<infer K, infer V>
    ? RemoteKeyValueStore<K, V>
    : S extends ReadOnlyWindowStore<infer K, infer V>
      ? RemoteWindowStore<K, V>
      : S extends ReadOnlySessionStore<infer K, infer V>
        ? RemoteSessionStore<K, V>
        : S extends ReadOnlyVersionedKeyValueStore<infer K, infer V>
          ? RemoteVersionedKeyValueStore<K, V>
          : S extends ReadOnlyListStore<infer K, infer V>
            ? RemoteListStore<K, V>
            : never;

type Row = KeyValue<unknown, unknown>;
type WindowRow = Row & { readonly window: TimeSpan };
interface Page<R> {
  readonly rows: readonly R[];
  readonly cursor: string | null;
}

const ASKED_AT_ONCE = 16;

/** Answers as a store of any kind: the service refuses what its kind has not. */
export class HttpStore
  implements
    RemoteKeyValueStore<unknown, unknown>,
    RemoteWindowStore<unknown, unknown>,
    RemoteSessionStore<unknown, unknown>,
    RemoteListStore<unknown, unknown>
{
  readonly #name: string;
  readonly #transport: QueryTransport;
  readonly #parameters: Readonly<Record<string, string>>;

  /** @param parameters of each request */
  constructor(name: string, transport: QueryTransport, parameters: Readonly<Record<string, string>>) {
    this.#name = name;
    this.#transport = transport;
    this.#parameters = parameters;
  }

  /** With a time the version that held then. */
  async get(key: unknown, asOfMs?: number): Promise<unknown> {
    if (asOfMs === undefined) return (await this.#one(key))?.value;
    const found = await this.#one(key, { asOfMs: String(asOfMs) });
    if (found === undefined) return undefined;
    const { value, timestampMs, validToMs } = found as unknown as VersionedRecord<unknown>;
    return { value, timestampMs, validToMs };
  }

  async getMany(keys: readonly unknown[]): Promise<ReadonlyMap<unknown, unknown>> {
    const found = new Map<unknown, unknown>();
    for (let at = 0; at < keys.length; at += ASKED_AT_ONCE) {
      const some = keys.slice(at, at + ASKED_AT_ONCE);
      const values = await Promise.all(some.map((key) => this.get(key)));
      for (const [index, value] of values.entries()) if (value !== undefined) found.set(some[index], value);
    }
    return found;
  }

  async values(key: unknown): Promise<readonly unknown[]> {
    return ((await this.#one(key))?.value as readonly unknown[] | undefined) ?? [];
  }

  all(): AsyncIterable<Row> {
    return this.range();
  }

  /** Rows of windows have windowed keys, as in the process. */
  async *range({ from, to }: KeyRange<unknown> = {}): AsyncGenerator<Row> {
    const bounds = {
      ...(from !== undefined && { from: this.#transport.encode(from) }),
      ...(to !== undefined && { to: this.#transport.encode(to) }),
    };
    for await (const row of this.#rows<Row | WindowRow>([], bounds))
      yield 'window' in row ? windowed(row) : { key: row.key, value: row.value };
  }

  async fetch(key: unknown, windowStartMs: number): Promise<unknown> {
    for await (const { value } of this.fetchRange(key, { startMs: windowStartMs, endMs: windowStartMs }))
      return value;
    return undefined;
  }

  async *fetchRange(key: unknown, span: TimeSpan): AsyncGenerator<KeyValue<Windowed<unknown>, unknown>> {
    const path = [this.#transport.encode(key), 'windows'];
    for await (const row of this.#rows<WindowRow>(path, spanParameters(span))) yield windowed(row);
  }

  async *fetchAll(span: TimeSpan): AsyncGenerator<KeyValue<Windowed<unknown>, unknown>> {
    for await (const row of this.#rows<WindowRow>([], spanParameters(span))) yield windowed(row);
  }

  async *findSessions(
    key: unknown,
    { earliestEndMs, latestStartMs }: SessionSearch,
  ): AsyncGenerator<KeyValue<Windowed<unknown>, unknown>> {
    for await (const row of this.fetchRange(key, { startMs: -Infinity, endMs: latestStartMs }))
      if (row.key.window.endMs >= earliestEndMs) yield row;
  }

  async fetchSession(key: unknown, window: TimeSpan): Promise<unknown> {
    return this.get({ key, window });
  }

  #one(key: unknown, parameters: Readonly<Record<string, string>> = {}): Promise<Row | undefined> {
    return this.#transport.ask<Row>([this.#name, this.#transport.encode(key)], {
      ...this.#parameters,
      ...parameters,
    });
  }

  /** @param path behind the store's name */
  async *#rows<R>(path: readonly string[], parameters: Readonly<Record<string, string>>): AsyncGenerator<R> {
    let cursor: string | null = null;
    do {
      const asked: Record<string, string> = {
        ...this.#parameters,
        ...parameters,
        ...(cursor !== null && { cursor }),
      };
      const page: Page<R> | undefined = await this.#transport.ask([this.#name, ...path], asked);
      yield* page?.rows ?? [];
      cursor = page?.cursor ?? null;
    } while (cursor !== null);
  }
}

function windowed({ key, window, value }: WindowRow): KeyValue<Windowed<unknown>, unknown> {
  return { key: { key, window }, value };
}

/** Without a bound where there is none. */
function spanParameters({ startMs, endMs }: TimeSpan): Record<string, string> {
  return {
    ...(Number.isFinite(startMs) && { fromMs: String(startMs) }),
    ...(Number.isFinite(endMs) && { toMs: String(endMs) }),
  };
}
