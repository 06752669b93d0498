/** A task's view of one store partition: the write-back cache that operators read and change.
 *  V1 Only its task touches it, and it alone writes the store partition.
 *  V2 An entry that is not in a complete segment may lie in the store: it is loaded before it is used, many in one round trip.
 *     A window that came into being after the last restart cannot be there (V1), so it is complete without a read.
 *  V3 `seal` encodes what changed since the last one, for changelog and store; what is sealed stays cached until it is flushed.
 *  V4 Clean entries are forgotten beyond `maxCachedBytes`, while nothing is held, loaded or flushed (the task says when); then their
 *     segment is no longer complete.
 *  V5 The store may lose writes at any time: what was read of it counts only when it has been seen, after the reading, to stand
 *     where its owner left it. `takeReads` says when that is due.
 *  V6 A removed entry is absent at once. It is remembered as removed until its tombstone is in the store, so that no read brings
 *     back the value it had there. */
import { InvariantError } from '../errors/streams.error.ts';
import { RecordBatchWriter, type EncodedRecords } from '../record-batch/index.ts';
import type { Bytes, CapturedRecord } from '../record/record.ts';
import type { SegmentId, SegmentWrites, StorePartition } from '../ports/store.ts';
import type { StoreDeclaration } from '../topology/graph.ts';
import { SerdeNotReadyError, whenReady } from '../serde/not-ready.ts';
import type { SerdeContext } from '../serde/serde.ts';
import { ByteWriter } from '../serde/byte-writer.ts';
import { valueWriter, type ValueWriter } from '../serde/value-writer.ts';
import { decodeStateValue, encodeChangelogKey } from './changelog-codec.ts';
import { EntryCount } from './entry-count.ts';
import { SegmentWriter } from './segment-writes.ts';
import { readEntry, whyUnreadable } from './unreadable-entry.ts';

export interface StateEntry<V = unknown> {
  readonly key: unknown;
  readonly segment: StateSegment;
  value: V;
  /** Highest event time that went into the value. */
  timestampMs: number;
  dirty: boolean;
  /** The next seal deletes it: see `remove`. */
  removed: boolean;
  /** As last encoded; 0 before. */
  encodedBytes: number;
}

export interface StateSegment {
  readonly id: SegmentId;
  /** By key; keys that are objects by the text of their bytes: see `identify`. */
  readonly entries: Map<unknown, StateEntry>;
  /** Keys that were looked for and are not in the store. */
  readonly absent: Set<unknown>;
  /** Removed, and perhaps still in the store (V6). */
  readonly removed: Map<unknown, StateEntry>;
  /** Every entry of the segment is in `entries`: what is not there does not exist. */
  complete: boolean;
  /** Removed: what its entries still hold is not written any more. */
  dropped: boolean;
}

/** What one commit writes to one store. */
export interface SealedState {
  readonly changelog: readonly EncodedRecords[];
  readonly writes: readonly SegmentWrites[];
  readonly expireBeforeMs: number | null;
}

/** What the framing of a changelog record may add. */
const RECORD_FRAME_BYTES = 64;

/** What an entry costs beside its encoded bytes: objects, map slot. */
const ENTRY_OVERHEAD_BYTES = 200;

/** What a changed entry adds to a commit, until it is known better: changelog record, store write, perhaps an update. */
const CHANGED_ENTRY_BYTES = 300;

/** Keys known not to exist, kept per segment between commits: asking for one again costs a part of a round trip. */
const MAX_ABSENT_KEYS = 10_000;

export interface StateStoreOptions {
  readonly declaration: StoreDeclaration;
  readonly changelogTopic: string;
  readonly maxCachedBytes: number;
  readonly maxBatchBytes: number;
}

export class StateStore {
  readonly name: string;
  readonly declaration: StoreDeclaration;
  readonly segments = new Map<SegmentId, StateSegment>();
  /** Changed since the last seal, each once. */
  dirty: StateEntry[] = [];
  cachedBytes = 0;
  /** Keys that were read from the store, since the task was opened. */
  missCount = 0;
  readonly numEntries = new EntryCount();
  /** Of the entries sealed last, on average. */
  #entryBytes = CHANGED_ENTRY_BYTES;

  readonly #options: StateStoreOptions;
  readonly #keyContext: SerdeContext;
  readonly #valueContext: SerdeContext;
  readonly #writeKey: ValueWriter<unknown>;
  readonly #writeValue: ValueWriter<unknown>;
  /** Of the entry that is encoded now. */
  readonly #bytes = new ByteWriter();
  readonly #changelog = new RecordBatchWriter();
  /** Segments with removed entries. */
  readonly #removing = new Set<StateSegment>();
  #partition: StorePartition | null = null;
  #wasRead = false;
  /** It came whole from the changelog when it was opened. */
  #isReplayed = false;
  /** Windows that start before this were dropped. */
  #expireBeforeMs: number | null = null;
  /** The same as of the last seal: only these leave the store with the next flush. Under at_least_once the input of a commit may
   *  come again after its flush, and must then find the windows that this input belongs to. */
  #expirable: number | null = null;

  constructor(options: StateStoreOptions) {
    this.#options = options;
    this.declaration = options.declaration;
    this.name = options.declaration.name;
    this.#keyContext = { topic: options.changelogTopic, part: 'key', headers: () => [] };
    this.#valueContext = { topic: options.changelogTopic, part: 'value', headers: () => [] };
    this.#writeKey = valueWriter(options.declaration.key);
    this.#writeValue = valueWriter(options.declaration.value);
  }

  /** Begins on a store partition that was brought up to date with its changelog. Empty: no key needs to be looked for. */
  async attach(partition: StorePartition, isEmpty: boolean): Promise<void> {
    this.#partition = partition;
    this.numEntries.of(partition);
    this.#isReplayed = partition.changelogOffset === null && !isEmpty;
    this.segments.clear();
    this.#removing.clear();
    this.dirty = [];
    this.cachedBytes = 0;
    this.#expireBeforeMs = this.#expirable = null;
    if (this.declaration.kind === 'keyValue') {
      this.#addSegment(null, isEmpty);
      return;
    }
    this.#wasRead = true;
    for (const startMs of await partition.segments()) this.#addSegment(startMs, false);
  }

  /** The segment, made if it is not there yet: then it is new, and complete. */
  segment(id: SegmentId): StateSegment {
    return this.segments.get(id) ?? this.#addSegment(id, true);
  }

  #addSegment(id: SegmentId, complete: boolean): StateSegment {
    const segment: StateSegment = {
      id,
      entries: new Map(),
      absent: new Set(),
      removed: new Map(),
      complete,
      dropped: false,
    };
    this.segments.set(id, segment);
    return segment;
  }

  /** What maps know a key by. */
  identify(key: unknown): unknown {
    return typeof key === 'object' ? Buffer.from(this.#keyBytes(key)).toString('latin1') : key;
  }

  /** Whether the key's entry can be told now: it is cached, or it is known not to exist. */
  isKnown(segment: StateSegment, id: unknown): boolean {
    const { complete, entries, absent, removed } = segment;
    return complete || entries.has(id) || absent.has(id) || removed.has(id);
  }

  /** @throws InvariantError for a key whose entry may lie in the store: it would be lost */
  create<V>(segment: StateSegment, id: unknown, key: unknown, value: V): StateEntry<V> {
    if (!this.isKnown(segment, id))
      throw new InvariantError(`An entry of ${this.name} was used before it was read.`);
    return this.#insert(segment, id, key, value);
  }

  /** An entry whose value until now does not matter: nothing is read. */
  overwrite<V>(segment: StateSegment, id: unknown, key: unknown, value: V): StateEntry<V> {
    return this.#insert(segment, id, key, value);
  }

  #insert<V>(segment: StateSegment, id: unknown, key: unknown, value: V): StateEntry<V> {
    const { absent, removed } = segment;
    const known = removed.size === 0 ? undefined : (removed.get(id) as StateEntry<V> | undefined);
    const entry = known ?? newEntry<V>(key, segment);
    entry.value = value;
    entry.timestampMs = -1;
    entry.removed = false;
    segment.entries.set(id, entry as StateEntry);
    if (absent.size > 0) absent.delete(id);
    if (known !== undefined) removed.delete(id);
    this.cachedBytes += ENTRY_OVERHEAD_BYTES;
    return entry;
  }

  /** What the next seal will take, about: an entry's size is known once it is encoded. */
  get dirtyBytes(): number {
    return this.dirty.length * this.#entryBytes;
  }

  touch(entry: StateEntry): void {
    if (entry.dirty) return;
    entry.dirty = true;
    this.dirty.push(entry);
  }

  /** Deletes the entry: absent from now on, in changelog and store with the next commit. Created again, it is
   *  the same entry. */
  remove(entry: StateEntry): void {
    const { segment } = entry;
    const id = this.identify(entry.key);
    if (segment.entries.get(id) !== entry)
      throw new InvariantError(`An entry of ${this.name} was removed that is not there.`);
    segment.entries.delete(id);
    this.#forgetBytes(entry);
    entry.removed = true;
    entry.encodedBytes = 0;
    segment.removed.set(id, entry);
    this.#removing.add(segment);
    this.touch(entry);
  }

  #forgetBytes(entry: StateEntry): void {
    this.cachedBytes -= ENTRY_OVERHEAD_BYTES + entry.encodedBytes;
  }

  /** Whether anything was read since the last time this was asked (V5). */
  takeReads(): boolean {
    const wasRead = this.#wasRead;
    this.#wasRead = false;
    return wasRead;
  }

  /** Loads these keys, in one round trip for each segment. */
  async load(wanted: ReadonlyMap<StateSegment, ReadonlyMap<unknown, unknown>>): Promise<void> {
    this.#wasRead = true;
    await Promise.all(Array.from(wanted, ([segment, keys]) => this.#loadSome(segment, keys)));
  }

  async #loadSome(segment: StateSegment, keys: ReadonlyMap<unknown, unknown>): Promise<void> {
    const partition = this.#partition!;
    const ids = [...keys.keys()];
    this.missCount += ids.length;
    const found = await partition.getMany(
      segment.id,
      Array.from(keys.values(), (key) => this.#keyBytes(key)),
    );
    try {
      await whenReady(() => {
        for (const [index, bytes] of found.entries())
          this.#loaded(segment, ids[index], keys.get(ids[index]), bytes);
      });
    } catch (error) {
      throw await this.#given(error);
    }
  }

  #loaded(segment: StateSegment, id: unknown, key: unknown, bytes: Bytes | null): void {
    if (segment.entries.has(id) || segment.removed.has(id)) return;
    if (bytes === null) segment.absent.add(id);
    else this.#admit(segment, id, key, bytes);
  }

  #admit(segment: StateSegment, id: unknown, key: unknown, bytes: Bytes): void {
    const { timestampMs, value } = readEntry(() => this.#decode(bytes));
    const entry = this.#insert(segment, id, key, value);
    entry.timestampMs = timestampMs;
    entry.encodedBytes = bytes.length;
    this.cachedBytes += bytes.length;
  }

  #given(error: unknown): Promise<unknown> {
    return whyUnreadable(error, this.name, this.#partition!, this.#isReplayed);
  }

  #decode(bytes: Bytes): { readonly timestampMs: number; readonly value: unknown } {
    const { timestampMs, value } = decodeStateValue(bytes);
    return { timestampMs, value: this.declaration.value.deserialize(value, this.#valueContext) };
  }

  /** Loads all of a segment; then it is complete. */
  async loadAll(segment: StateSegment): Promise<void> {
    if (segment.complete) return;
    this.#wasRead = true;
    try {
      await this.#scanAll(segment);
    } catch (error) {
      throw await this.#given(error);
    }
    segment.complete = true;
    segment.absent.clear();
  }

  async #scanAll(segment: StateSegment): Promise<void> {
    for await (const entries of this.#partition!.scan(segment.id)) {
      await whenReady(() => {
        for (const { key: keyBytes, value } of entries) {
          const key = readEntry(() => this.declaration.key.deserialize(keyBytes, this.#keyContext));
          const id = this.identify(key);
          if (!segment.entries.has(id) && !segment.removed.has(id)) this.#admit(segment, id, key, value);
        }
      });
    }
  }

  /** The entry's value, to keep while it is changed in place. */
  copyOf({ value }: StateEntry): unknown {
    if (typeof value !== 'object') return value;
    const { value: serde } = this.declaration;
    return serde.deserialize(serde.serialize(value, this.#valueContext), this.#valueContext);
  }

  /** All entries of a segment, in no order, without keeping in the cache what was not there. Entries that change meanwhile are given
   *  as they are when their turn comes. Each comes once, also where the store's own scan brings it twice. */
  async *scan(segment: StateSegment): AsyncIterable<StateEntry> {
    const cached = [...segment.entries];
    const given = new Set<unknown>();
    for (const [id, entry] of cached) {
      if (segment.entries.get(id) !== entry) continue;
      given.add(id);
      yield entry;
    }
    if (segment.complete) return;
    this.#wasRead = true;
    for (let isOver = false; !isOver;) {
      try {
        for await (const entries of this.#partition!.scan(segment.id)) {
          for (const { key: keyBytes, value } of entries) {
            const key = readEntry(() => this.declaration.key.deserialize(keyBytes, this.#keyContext));
            const id = this.identify(key);
            if (given.has(id) || segment.removed.has(id)) continue;
            const entry = segment.entries.get(id) ?? this.#decoded(segment, key, value);
            given.add(id);
            yield entry;
          }
        }
        isOver = true;
      } catch (error) {
        if (!(error instanceof SerdeNotReadyError)) throw await this.#given(error);
        await error.fetch(); // and the scan begins anew: what was given is not given again
      }
    }
  }

  #decoded(segment: StateSegment, key: unknown, bytes: Bytes): StateEntry {
    const { timestampMs, value } = readEntry(() => this.#decode(bytes));
    return { key, segment, value, timestampMs, dirty: false, removed: false, encodedBytes: bytes.length };
  }

  /** Bytes of key and value, as they would be written now. */
  sizeOf({ key, value }: StateEntry): number {
    return this.#keyBytes(key).length + this.declaration.value.serialize(value, this.#valueContext).length;
  }

  /** An entry as a record, for a dead letter: key and value as the changelog has them. */
  capture(entry: StateEntry, partition: number): CapturedRecord {
    return {
      topic: this.#options.changelogTopic,
      partition,
      offset: -1,
      timestampMs: entry.timestampMs,
      rawKey: encodeChangelogKey(this.#keyBytes(entry.key), entry.segment.id),
      rawValue: entry.removed ? null : this.declaration.value.serialize(entry.value, this.#valueContext),
      headers: [],
    };
  }

  /** Forgets a window for good: the next commit removes it from the store too. */
  drop(segment: StateSegment): void {
    segment.dropped = true;
    for (const entry of segment.entries.values()) this.#forgetBytes(entry);
    this.segments.delete(segment.id);
    this.#removing.delete(segment);
    if (segment.id !== null) this.#expireUpTo(segment.id);
  }

  #expireUpTo(windowStartMs: number): void {
    this.#expireBeforeMs = Math.max(this.#expireBeforeMs ?? -Infinity, windowStartMs + 1);
  }

  /** Encodes all changes; null: nothing changed. Changelog records carry the time of writing (the event time is in the value),
   *  so that retention counts from now on also when old data is replayed (D28). */
  seal(nowMs: number): SealedState | null {
    const writers = new Map<StateSegment, SegmentWriter>();
    const changelog: EncodedRecords[] = [];
    let last: StateSegment | null = null;
    let writer: SegmentWriter | undefined;
    for (const entry of this.dirty) {
      const { segment } = entry;
      entry.dirty = false;
      if (segment.dropped) continue;
      if (segment !== last) {
        writer = writers.get(segment);
        if (writer === undefined) writers.set(segment, (writer = new SegmentWriter()));
        last = segment;
      }
      this.#encode(entry, writer!, changelog, nowMs);
    }
    const count = this.dirty.length;
    this.dirty = [];
    if (writers.size === 0) return null; // expiry goes with the next writes
    if (this.#changelog.count > 0) changelog.push(this.#changelog.take());
    const writes = Array.from(writers, ([segment, writer]) => writer.take(segment.id));
    const sealedBytes = changelog.reduce((bytes, { end }) => bytes + end, 0);
    this.#entryBytes = Math.max(CHANGED_ENTRY_BYTES, (2 * sealedBytes) / count); // for changelog and store
    const expireBeforeMs = this.#expirable;
    this.#expirable = this.#expireBeforeMs;
    return { changelog, writes, expireBeforeMs };
  }

  /** Once, for both: the changelog key is the store's key with the window's start behind it, the value is the same. */
  #encode(entry: StateEntry, writer: SegmentWriter, full: EncodedRecords[], nowMs: number): void {
    const { segment, removed } = entry;
    const bytes = this.#bytes;
    bytes.clear();
    this.#writeKey(entry.key, bytes, this.#keyContext);
    const keyEnd = bytes.end;
    if (segment.id !== null) bytes.int64(segment.id);
    const valueStart = bytes.end;
    if (!removed) {
      bytes.int64(entry.timestampMs);
      this.#writeValue(entry.value, bytes, this.#valueContext);
    }
    const { buffer, end } = bytes;
    if (
      this.#changelog.count > 0 &&
      this.#changelog.sizeBytes + end + RECORD_FRAME_BYTES > this.#options.maxBatchBytes
    ) {
      full.push(this.#changelog.take());
    }
    this.#changelog.appendFrom(buffer, 0, valueStart, removed ? -1 : valueStart, end, nowMs);
    writer.appendFrom(buffer, 0, keyEnd, removed ? -1 : valueStart, end);
    if (removed) return;
    const valueBytes = end - valueStart;
    this.cachedBytes += valueBytes - entry.encodedBytes;
    entry.encodedBytes = valueBytes;
  }

  /** Only while no operator holds records and no sealed write is on its way to the store (V3, V4). */
  evict(): void {
    this.#forgetDeleted();
    for (const { absent } of this.segments.values()) if (absent.size > MAX_ABSENT_KEYS) absent.clear();
    const { maxCachedBytes } = this.#options;
    if (this.cachedBytes <= maxCachedBytes) return;
    for (const segment of this.segments.values()) {
      for (const [id, entry] of segment.entries) {
        if (entry.dirty) continue;
        segment.entries.delete(id);
        segment.complete = false;
        this.#forgetBytes(entry);
        if (this.cachedBytes <= maxCachedBytes * 0.8) return;
      }
      segment.absent.clear();
    }
  }

  /** What was sealed is in the store by now (V6). */
  #forgetDeleted(): void {
    for (const segment of this.#removing) {
      for (const [id, entry] of segment.removed) if (!entry.dirty) segment.removed.delete(id);
      if (segment.removed.size === 0) this.#removing.delete(segment);
    }
  }

  #keyBytes(key: unknown): Bytes {
    return this.declaration.key.serialize(key, this.#keyContext);
  }
  /** A key as it is stored: what an order of keys goes by. */
  encodeKey(key: unknown): Bytes {
    return this.#keyBytes(key);
  }
}

function newEntry<V>(key: unknown, segment: StateSegment): StateEntry<V> {
  const value = undefined as V;
  return { key, segment, value, timestampMs: -1, dirty: false, removed: false, encodedBytes: 0 };
}
