/** Windows of one key that records cut: sessions and sliding windows of aggregates, sessions of processors. A session table may be
 *  asked as a window store, a session store, or a key-value store of windowed keys: all of them are answered. */
import { StoreKindError } from '../../errors/query.error.ts';
import type { KeyWindows } from '../../processor/operators/record-aligned/key-windows.ts';
import type { StoredSession } from '../../processor/operators/process/sessions.serde.ts';
import type { KeyValue, TimeSpan, Windowed } from '../../record/record.ts';
import type { ReadOnlyKeyValueStore, ReadOnlyWindowStore } from '../../topology/store-ref.ts';
import type { ReadOnlySessionStore, SessionSearch } from '../../topology/stores/session-store.ts';
import type { CommittedEntries, CommittedEntry } from '../committed-entries.ts';

type Row = KeyValue<Windowed<unknown>, unknown>;

const ALWAYS: TimeSpan = { startMs: -Infinity, endMs: Infinity };

/** How the windows of a key lie in the store. */
export interface KeyWindowsLayout {
  /** In order of their starts, then of their ends; of those that end before `earliestEndMs` some may be left out. */
  windowsOf(key: unknown, earliestEndMs: number): Promise<readonly Row[]>;
  all(): AsyncIterable<Row>;
}

/** All windows of a key in one entry. */
export class WindowsByKey implements KeyWindowsLayout {
  readonly #entries: CommittedEntries;

  constructor(entries: CommittedEntries) {
    this.#entries = entries;
  }

  async windowsOf(key: unknown): Promise<readonly Row[]> {
    const entry = await this.#entries.find(null, key);
    return entry === undefined ? [] : this.rowsOf(entry);
  }

  async *all(): AsyncGenerator<Row> {
    for await (const entry of this.#entries.scan(null)) yield* this.rowsOf(entry);
  }

  rowsOf({ key, value }: CommittedEntry): readonly Row[] {
    return (value as KeyWindows).windows.map(({ startMs, endMs, aggregate }) => {
      const window = { startMs, endMs };
      return { key: { key, window }, value: this.#entries.shown({ key, value: aggregate }, window) };
    });
  }
}

/** The windows of a key that end within one bucket of time in one entry. */
export class WindowsByBucket implements KeyWindowsLayout {
  readonly #entries: CommittedEntries;

  constructor(entries: CommittedEntries) {
    this.#entries = entries;
  }

  async windowsOf(key: unknown, earliestEndMs: number): Promise<readonly Row[]> {
    const bucketMs = this.#entries.partitions.declaration.windowSizeMs ?? 0;
    const span = { startMs: earliestEndMs - bucketMs, endMs: Infinity };
    const rows: Row[] = [];
    for await (const [, entry] of this.#entries.findInSegments(key, span)) rows.push(...this.rowsOf(entry));
    return rows.sort(bySpan);
  }

  async *all(): AsyncGenerator<Row> {
    for (const bucket of await this.#entries.segments())
      for await (const entry of this.#entries.scan(bucket)) yield* this.rowsOf(entry);
  }

  rowsOf({ key, value }: CommittedEntry): readonly Row[] {
    return (value as readonly StoredSession[]).map(({ startMs, endMs, value: session }) => ({
      key: { key, window: { startMs, endMs } },
      value: session,
    }));
  }
}

export class CommittedKeyWindows
  implements
    ReadOnlySessionStore<unknown, unknown>,
    ReadOnlyWindowStore<unknown, unknown>,
    ReadOnlyKeyValueStore<Windowed<unknown>, unknown>
{
  readonly #layout: KeyWindowsLayout;

  constructor(layout: KeyWindowsLayout) {
    this.#layout = layout;
  }

  async get({ key, window }: Windowed<unknown>): Promise<unknown> {
    return this.fetchSession(key, window);
  }

  async getMany(keys: readonly Windowed<unknown>[]): Promise<ReadonlyMap<Windowed<unknown>, unknown>> {
    const values = await Promise.all(keys.map((key) => this.get(key)));
    return new Map(
      keys.map((key, at) => [key, values[at]] as const).filter(([, value]) => value !== undefined),
    );
  }

  all(): AsyncIterable<Row> {
    return this.#layout.all();
  }

  /** @throws StoreKindError: windows of a key lie together, so there is no order of windowed keys */
  range(): never {
    throw new StoreKindError(
      'Cannot read a range of windowed keys: ask for the windows of a key, fetchRange(key, span), or for all of a span, fetchAll(span).',
    );
  }

  async fetchSession(key: unknown, { startMs, endMs }: TimeSpan): Promise<unknown> {
    const rows = await this.#layout.windowsOf(key, endMs);
    return rows.find(({ key: { window } }) => window.startMs === startMs && window.endMs === endMs)?.value;
  }

  async *findSessions(key: unknown, { earliestEndMs, latestStartMs }: SessionSearch): AsyncGenerator<Row> {
    for (const row of await this.#layout.windowsOf(key, earliestEndMs)) {
      const { startMs, endMs } = row.key.window;
      if (endMs >= earliestEndMs && startMs <= latestStartMs) yield row;
    }
  }

  async fetch(key: unknown, windowStartMs: number): Promise<unknown> {
    const rows = await this.#layout.windowsOf(key, windowStartMs);
    return rows.find(({ key: { window } }) => window.startMs === windowStartMs)?.value;
  }

  async *fetchRange(key: unknown, span: TimeSpan): AsyncGenerator<Row> {
    for (const row of await this.#layout.windowsOf(key, span.startMs)) if (startsWithin(row, span)) yield row;
  }

  async *fetchAll(span: TimeSpan = ALWAYS): AsyncGenerator<Row> {
    for await (const row of this.#layout.all()) if (startsWithin(row, span)) yield row;
  }
}

function startsWithin({ key: { window } }: Row, { startMs, endMs }: TimeSpan): boolean {
  return window.startMs >= startMs && window.startMs <= endMs;
}

/** Several sessions that processors keep may begin at the same time. */
function bySpan({ key: { window: a } }: Row, { key: { window: b } }: Row): number {
  return a.startMs - b.startMs || a.endMs - b.endMs;
}
