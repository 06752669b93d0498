import type { Bytes, SegmentId, StoreEntry, StoreKind, StoreReader } from '@hiveframe/streams';
import type { RedisConnection } from './connection.ts';
import type { StoreKeys } from './store-keys.ts';

/** A HMGET of this many holds the server for about a millisecond. */
const KEYS_PER_READ = 2_000;
const ENTRIES_PER_SCAN = 1_000;

/** Reads one store partition: what is committed, from any process, without asking the owner (S1). Values are views into what the
 *  network brought: copy what is kept for long. */
export class RedisStoreReader implements StoreReader {
  readonly #connection: RedisConnection;
  readonly #keys: StoreKeys;
  readonly #kind: StoreKind;

  constructor(connection: RedisConnection, keys: StoreKeys, kind: StoreKind) {
    this.#connection = connection;
    this.#keys = keys;
    this.#kind = kind;
  }

  async getMany(segment: SegmentId, keys: readonly Bytes[]): Promise<ReadonlyArray<Bytes | null>> {
    if (keys.length <= KEYS_PER_READ) return this.#read(segment, keys);
    const pieces: Array<Promise<ReadonlyArray<Bytes | null>>> = [];
    for (let at = 0; at < keys.length; at += KEYS_PER_READ) {
      pieces.push(this.#read(segment, keys.slice(at, at + KEYS_PER_READ)));
    }
    return (await Promise.all(pieces)).flat();
  }

  async segments(): Promise<readonly number[]> {
    if (this.#kind === 'keyValue') return [];
    const key = this.#keys.windows;
    const starts = await this.#connection.run(`list the windows of ${key}`, (redis) =>
      redis.zrange(key, 0, -1),
    );
    return starts.map(Number);
  }

  /** Of windows from the counts that each flush keeps. */
  async countEntries(): Promise<number> {
    const { entries, counts } = this.#keys;
    const what = `count the entries of ${counts}`;
    if (this.#kind === 'keyValue') return this.#connection.run(what, (redis) => redis.hlen(entries));
    const starts = await this.#connection.run(what, (redis) => redis.hkeys(counts));
    if (starts.length === 0) return 0;
    const found = await this.#connection.run(what, (redis) => redis.hmgetBuffer(counts, starts));
    return found.reduce((sum, count) => sum + Number(count), 0);
  }

  /** Entries written while it runs may be missing or come twice; those that were there all the time come. */
  async *scan(segment: SegmentId): AsyncGenerator<readonly StoreEntry[]> {
    const key = this.#keys.segment(segment);
    let cursor: Buffer | '0' | null = '0';
    while (cursor !== null) {
      const [next, entries] = await this.#scanOn(key, cursor);
      if (entries.length > 0) yield entries;
      cursor = next;
    }
  }

  async position(): Promise<number | null> {
    const { meta } = this.#keys;
    const offset = await this.#connection.run(`read ${meta}`, (redis) => redis.hget(meta, 'offset'));
    return offset === null ? null : Number(offset);
  }

  async #scanOn(key: string, cursor: Buffer | '0'): Promise<[next: Buffer | null, entries: StoreEntry[]]> {
    const [next, flat] = await this.#connection.run(`scan ${key}`, (redis) =>
      redis.hscanBuffer(key, cursor, 'COUNT', ENTRIES_PER_SCAN),
    );
    return [next.toString() === '0' ? null : next, entriesOf(flat)];
  }

  async #read(segment: SegmentId, keys: readonly Bytes[]): Promise<ReadonlyArray<Bytes | null>> {
    if (keys.length === 0) return [];
    const hash = this.#keys.segment(segment);
    const fields = keys.map(argumentOf);
    return this.#connection.run(`read ${hash}`, (redis) => redis.hmgetBuffer(hash, fields));
  }
}

function entriesOf(flat: readonly Buffer[]): StoreEntry[] {
  const entries: StoreEntry[] = [];
  for (let i = 0; i < flat.length; i += 2) entries.push({ key: flat[i]!, value: flat[i + 1]! });
  return entries;
}

/** ioredis is a third cheaper on text than on Buffers, and sends text as UTF-8: the same bytes as long as they are ASCII. */
function argumentOf(bytes: Bytes): string | Buffer {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < buffer.length; i++) if (buffer[i]! > 0x7f) return buffer;
  return buffer.toString('latin1');
}
