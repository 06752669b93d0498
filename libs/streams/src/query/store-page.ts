/** Pages of a store, in the order of partition, segment (of a window store: time) and key bytes.
 *  G1 A page costs a pass over each segment that it touches, and memory for one page: stores are hash tables.
 *  G2 What is in the store from the first page to the last comes exactly once; what is written meanwhile, once or not.
 *  G3 A page ends before a partition that cannot be read here, and goes on there with the next: so each is answered in one place. */
import { InvalidQueryError, StoreNotHereError } from '../errors/query.error.ts';
import type { SegmentId, StoreEntry } from '../ports/store.ts';
import type { Bytes, KeyValue, TimeSpan, Windowed } from '../record/record.ts';
import { whenReady } from '../serde/not-ready.ts';
import type { KeyRange } from '../topology/store-ref.ts';
import type { CommittedEntries, CommittedEntry } from './committed-entries.ts';
import { compareBytes, keyFilter } from './key-filter.ts';
import type { StorePartitions } from './store-partitions.ts';

export interface PageRequest extends KeyRange<unknown> {
  /** Bytes that keys begin with. */
  readonly prefix?: Bytes;
  /** Of window stores: windows that start within it, both ends included. @defaultValue all */
  readonly span?: TimeSpan;
  /** Entries of the store; a page may end before, at `MAX_PAGE_BYTES`, `MAX_PAGE_PARTITIONS` or the end of what lies here. */
  readonly limit: number;
  /** Of the page before. @defaultValue from the beginning */
  readonly cursor?: string;
}
export type StoreRow = KeyValue<unknown, unknown> | KeyValue<Windowed<unknown>, unknown>;
export interface StorePage {
  readonly rows: readonly StoreRow[];
  /** null: it was the last one. */
  readonly cursor: string | null;
}

/** Of keys and values, but for a single entry that is larger. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/** Of one page, however few entries they have: positions of all of them must fit in the header of an answer. */
const MAX_PAGE_PARTITIONS = 256;

interface Place {
  readonly partition: number;
  readonly segment: SegmentId;
  /** The last key that came; null: none of the segment has. */
  readonly after: Bytes | null;
}
/** What an entry is shown as: of sessions and sliding windows several rows. */
export type RowsOf = (entry: CommittedEntry, segment: SegmentId) => readonly StoreRow[];

const ALWAYS: TimeSpan = { startMs: -Infinity, endMs: Infinity };

/** @throws InvalidQueryError, StoreNotHereError when not even its first partition can be read here */
export async function readPage(
  entries: CommittedEntries,
  request: PageRequest,
  rowsOf: RowsOf,
): Promise<StorePage> {
  const walk = await whenReady(() => new PageWalk(entries, request));
  const next = await walk.run();
  const rows = await whenReady(() =>
    walk.found.flatMap(([segment, entry]) => rowsOf(entries.decode(entry), segment)),
  );
  return { rows, cursor: next === null ? null : encodeCursor(next) };
}

class PageWalk {
  readonly found: (readonly [SegmentId, StoreEntry])[] = [];
  readonly #partitions: StorePartitions;
  readonly #isWanted: (key: Bytes) => boolean;
  readonly #span: TimeSpan;
  readonly #start: Place | null;
  #room: Room;

  constructor(entries: CommittedEntries, { prefix, span = ALWAYS, limit, cursor, ...range }: PageRequest) {
    this.#partitions = entries.partitions;
    this.#isWanted = keyFilter(entries, range, prefix ?? null);
    this.#span = span;
    this.#start = cursor === undefined ? null : decodeCursor(cursor);
    this.#room = { entries: limit, bytes: MAX_PAGE_BYTES };
  }

  /** Where the next page begins; null: there is none. */
  async run(): Promise<Place | null> {
    const start = this.#start;
    const ids = await this.#partitions.ids();
    const first = start?.partition ?? ids[0];
    for (const partition of ids.filter((id) => id >= (first ?? 0))) {
      if (partition - first! >= MAX_PAGE_PARTITIONS) return { partition, segment: null, after: null };
      const segments = await this.#segmentsOf(partition, partition === first);
      if (segments === null) return { partition, segment: null, after: null };
      for (const segment of segments) {
        const isBegun = start?.partition === partition && start.segment === segment;
        const next = await this.#read({ partition, segment, after: isBegun ? start.after : null });
        if (next !== null) return next;
      }
    }
    return null;
  }

  /** Ascending, from that of the cursor on; null: they are elsewhere (G3). */
  async #segmentsOf(partition: number, isFirst: boolean): Promise<readonly SegmentId[] | null> {
    const isWindowed = this.#partitions.declaration.kind === 'window';
    const fromMs = this.#start?.partition === partition ? (this.#start.segment ?? -Infinity) : -Infinity;
    const { startMs, endMs } = this.#span;
    try {
      if (!isWindowed) return await this.#partitions.read(partition, async () => [null]);
      const all = await this.#partitions.read(partition, (reader) => reader.segments());
      return all.filter((segment) => segment >= Math.max(startMs, fromMs) && segment <= endMs);
    } catch (error) {
      if (error instanceof StoreNotHereError && !isFirst) return null;
      throw error;
    }
  }

  /** Where the next page begins, when this one is full. */
  async #read({ partition, segment, after }: Place): Promise<Place | null> {
    if (this.#room.entries <= 0 || this.#room.bytes <= 0) return { partition, segment, after };
    const isBehind = (key: Bytes) => after === null || compareBytes(key, after) > 0;
    const first = new FirstEntries(this.#room, (key) => this.#isWanted(key) && isBehind(key));
    for await (const piece of this.#partitions.scan(partition, segment)) first.add(piece);
    const { entries, hasMore } = first.take();
    this.found.push(...entries.map((entry) => [segment, entry] as const));
    this.#room = { entries: this.#room.entries - entries.length, bytes: this.#room.bytes - sizeOf(entries) };
    return hasMore ? { partition, segment, after: entries.at(-1)?.key ?? after } : null;
  }
}

interface Room {
  readonly entries: number;
  readonly bytes: number;
}

/** The first entries in the order of keys, of those that are added: no more than there is room for. */
class FirstEntries {
  readonly #room: Room;
  readonly #isWanted: (key: Bytes) => boolean;
  #kept: StoreEntry[] = [];
  #bytes = 0;
  /** The first that there was no room for: nothing behind it can be of the page. */
  #end: Bytes | null = null;

  constructor(room: Room, isWanted: (key: Bytes) => boolean) {
    this.#room = room;
    this.#isWanted = isWanted;
  }

  add(piece: readonly StoreEntry[]): void {
    for (const entry of piece) {
      if (!this.#isWanted(entry.key) || !this.#isBeforeEnd(entry.key)) continue;
      this.#kept.push(entry);
      this.#bytes += sizeOf([entry]);
    }
    if (this.#kept.length > 2 * this.#room.entries || this.#bytes > 2 * MAX_PAGE_BYTES) this.#cut();
  }

  #isBeforeEnd(key: Bytes): boolean {
    return this.#end === null || compareBytes(key, this.#end) < 0;
  }

  /** Sorts, and leaves what there is room for; a single entry that is larger than a page comes as the first of one. */
  #cut(): void {
    this.#kept = withoutRepeats(this.#kept.sort((a, b) => compareBytes(a.key, b.key)));
    const { entries, bytes } = this.#room;
    let size = 0;
    let count = 0;
    while (count < this.#kept.length && count < entries) {
      size += sizeOf([this.#kept[count]!]);
      if (size > bytes && !(count === 0 && bytes === MAX_PAGE_BYTES)) break;
      count++;
    }
    this.#end = this.#kept[count]?.key ?? this.#end;
    this.#kept = this.#kept.slice(0, count);
    this.#bytes = sizeOf(this.#kept);
  }

  take(): { readonly entries: readonly StoreEntry[]; readonly hasMore: boolean } {
    this.#cut();
    return { entries: this.#kept, hasMore: this.#end !== null };
  }
}

/** A scan may bring an entry twice (Redis: HSCAN). @param entries sorted by key */
function withoutRepeats(entries: StoreEntry[]): StoreEntry[] {
  return entries.filter(({ key }, at) => at === 0 || compareBytes(entries[at - 1]!.key, key) !== 0);
}

function sizeOf(entries: readonly StoreEntry[]): number {
  return entries.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
}

function encodeCursor({ partition, segment, after }: Place): string {
  const key = after === null ? null : Buffer.from(after).toString('base64');
  return Buffer.from(JSON.stringify([partition, segment, key])).toString('base64url');
}

function decodeCursor(cursor: string): Place {
  try {
    const [partition, segment, key] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    const isPlace =
      Number.isSafeInteger(partition) &&
      (partition as number) >= 0 &&
      (segment === null || Number.isSafeInteger(segment)) &&
      (key === null || typeof key === 'string');
    if (isPlace) {
      const after = key === null ? null : Buffer.from(key as string, 'base64');
      return { partition: partition as number, segment: segment as SegmentId, after };
    }
  } catch {
    // told below
  }
  throw new InvalidQueryError(
    'Cannot go on behind this cursor: it is none that a page of this store ended with.',
  );
}
