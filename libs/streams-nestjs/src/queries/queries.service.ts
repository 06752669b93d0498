/** Answers queries for the stores of an application, as text. */
import {
  InvalidQueryError,
  StoreKindError,
  StoreNotAvailableError,
  UnknownStoreError,
  type KeyValue,
  type QueryableStore,
  type StoreQueries,
  type StoreQuery,
  type Windowed,
} from '@hiveframe/streams';
import type { QueryParameters } from '../http/query-parameters.ts';
import type { StreamsLifecycle } from '../lifecycle/streams.lifecycle.ts';
import { KeyNotFound } from './problems.filter.ts';
import type { ResolvedQueriesOptions } from './queries-options.ts';
import { QUERY_HEADERS } from './query-headers.ts';
import { parseKey, parsePrefix, parseSpanCursor, parseWhole, spanCursor, stringify } from './query-text.ts';

export interface Answer {
  /** JSON. */
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

type Row = KeyValue<unknown, unknown>;

export class QueriesService {
  readonly #options: ResolvedQueriesOptions;
  readonly #lifecycle: Pick<StreamsLifecycle, 'name' | 'queries' | 'whyNoQueries'>;

  constructor(
    options: ResolvedQueriesOptions,
    lifecycle: Pick<StreamsLifecycle, 'name' | 'queries' | 'whyNoQueries'>,
  ) {
    this.#options = options;
    this.#lifecycle = lifecycle;
  }

  stores(): Answer {
    const stores = this.#queries.stores.filter(({ name }) => this.#isShown(name));
    return { body: JSON.stringify({ stores }), headers: {} };
  }

  /** The value of a key, or what it was at a time. @throws KeyNotFound */
  async get(store: string, keyText: string, parameters: QueryParameters): Promise<Answer> {
    const query = this.#query(store, parameters);
    const key = parseKey(keyText, query.store, parameters['keyFormat']);
    const found = await read(query, key, parseWhole('asOfMs', parameters['asOfMs']));
    const headers = await headersOf(query);
    if (found === undefined) throw new KeyNotFound(`Store ${store} has no value for this key.`, headers);
    return { body: stringify({ key, ...found }), headers };
  }

  /** Windows of a key, by their starts, then their ends. */
  async windows(store: string, keyText: string, parameters: QueryParameters): Promise<Answer> {
    const query = this.#query(store, parameters);
    const key = parseKey(keyText, query.store, parameters['keyFormat']);
    const { startMs, endMs } = spanOf(parameters);
    const first = parseSpanCursor(parameters['cursor']);
    const limit = this.#limit(parameters);
    const rows: unknown[] = [];
    let next: string | null = null;
    const span = { startMs: Math.max(startMs, first.startMs), endMs };
    for await (const row of query.windows().fetchRange(key, span)) {
      const { window } = row.key;
      if (window.startMs === first.startMs && window.endMs < first.endMs) continue;
      if (rows.length >= limit) {
        next = spanCursor(window);
        break;
      }
      rows.push(windowRow(row));
    }
    return { body: stringify({ rows, cursor: next }), headers: await headersOf(query) };
  }

  /** All of a store, or of a range of it, in pages. */
  async page(store: string, parameters: QueryParameters): Promise<Answer> {
    const query = this.#query(store, parameters);
    const { from, to, prefix, cursor, keyFormat } = parameters;
    const page = await query.page({
      limit: this.#limit(parameters),
      span: spanOf(parameters),
      ...(from !== undefined && { from: parseKey(from, query.store, keyFormat) }),
      ...(to !== undefined && { to: parseKey(to, query.store, keyFormat) }),
      ...(prefix !== undefined && { prefix: parsePrefix(prefix, query.store) }),
      ...(cursor !== undefined && { cursor }),
    });
    const rows = page.rows.map((row) =>
      isWindowed(query.store.kind) ? windowRow(row as KeyValue<Windowed<unknown>, unknown>) : row,
    );
    return { body: stringify({ rows, cursor: page.cursor }), headers: await headersOf(query) };
  }

  get #queries(): StoreQueries {
    const { name, queries, whyNoQueries } = this.#lifecycle;
    if (queries !== undefined) return queries;
    throw new StoreNotAvailableError(`Cannot read the stores of application ${name}: ${whyNoQueries}.`);
  }

  #query(store: string, parameters: QueryParameters): StoreQuery {
    const partition = parseWhole('partition', parameters['partition'], 0);
    if (this.#isShown(store))
      return this.#queries.query(store, { ...(partition !== undefined && { partition }) });
    throw new UnknownStoreError(`Cannot read store ${store}: there is ${this.#options.stores!.join(', ')}.`);
  }

  #isShown(store: string): boolean {
    return this.#options.stores?.includes(store) ?? true;
  }

  #limit(parameters: QueryParameters): number {
    const { defaultLimit, maxLimit } = this.#options;
    return Math.min(parseWhole('limit', parameters['limit'], 1) ?? defaultLimit, maxLimit);
  }
}

/** Of any store that is asked by one key. */
async function read(
  query: StoreQuery,
  key: unknown,
  asOfMs: number | undefined,
): Promise<object | undefined> {
  const { kind }: QueryableStore = query.store;
  if (asOfMs !== undefined) return query.versioned().get(key, asOfMs);
  if (kind === 'list') {
    const values = await query.list().values(key);
    return values.length === 0 ? undefined : { value: values };
  }
  const value = isWindowed(kind)
    ? await query.windowOf(windowedKey(key, query.store))
    : await query.keyValue().get(key);
  return value === undefined ? undefined : { value };
}

function isWindowed(kind: QueryableStore['kind']): boolean {
  return kind === 'window' || kind === 'sliding' || kind === 'session';
}

/** @throws InvalidQueryError for a key without a window */
function windowedKey(key: unknown, { name, kind }: QueryableStore): Windowed<unknown> {
  const { window } = (key ?? {}) as Partial<Windowed<unknown>>;
  if (Number.isSafeInteger(window?.startMs) && Number.isSafeInteger(window?.endMs))
    return key as Windowed<unknown>;
  throw new StoreKindError(
    `Cannot read one value of store ${name} by this key: it is a ${kind} store. Ask for the windows of the key: .../${name}/<key>/windows.`,
  );
}

async function headersOf(query: StoreQuery): Promise<Record<string, string>> {
  const lag = await query.lagOffsets();
  const positions = query.positions.map(({ partition, offset }) => `${partition}=${offset ?? 0}`);
  return {
    [QUERY_HEADERS.position]: positions.join(', '),
    ...(lag !== null && { [QUERY_HEADERS.lagOffsets]: String(lag) }),
  };
}

/** @throws InvalidQueryError */
function spanOf(parameters: QueryParameters): { readonly startMs: number; readonly endMs: number } {
  const startMs = parseWhole('fromMs', parameters['fromMs']) ?? -Infinity;
  const endMs = parseWhole('toMs', parameters['toMs']) ?? Infinity;
  if (startMs <= endMs) return { startMs, endMs };
  throw new InvalidQueryError(`Cannot read the query: fromMs is ${startMs}, behind toMs, ${endMs}.`);
}

function windowRow({
  key: { key, window },
  value,
}: KeyValue<Windowed<unknown>, unknown>): Row & { window: object } {
  return { key, window, value };
}
