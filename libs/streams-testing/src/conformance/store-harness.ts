/** What the store suites share: clients that close themselves, stores that nobody else uses, entries in a readable form. */
import { SegmentWriter } from '@hiveframe/streams';
import type { Bytes, SegmentId, SegmentWrites, StoreFlush, StoreKind } from '@hiveframe/streams';
import type { StorePartition, StorePartitionId, StorePort, StoreReader, StoreSpec } from '@hiveframe/streams';

/** Long, because a shared server may be slow; a test that passes never waits for it. */
export const STORE_TIMEOUT_MS = 60_000;
const CLOSE_TIMEOUT_MS = 10_000;

interface Subject {
  stores(): Promise<StorePort>;
  uniqueName(prefix: string): string;
}

/** One partition of a store of the test's own, seen by as many clients as the test opens. */
export interface TestStore {
  readonly id: StorePartitionId;
  /** Takes the partition with a client of its own, as another process would. */
  open(): Promise<StorePartition>;
  /** A reader with a client of its own. */
  reader(): Promise<StoreReader>;
}

export class StoreHarness {
  readonly #subject: Subject;
  #clients: StorePort[] = [];

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  /** A connected client of its own; closed after the test. */
  async stores(): Promise<StorePort> {
    const stores = await this.#subject.stores();
    this.#clients.push(stores);
    await stores.connect(AbortSignal.timeout(STORE_TIMEOUT_MS));
    return stores;
  }

  newId(): StorePartitionId {
    return { applicationId: this.#subject.uniqueName('app'), store: 'store', partition: 0 };
  }

  store(kind: StoreKind, id: StorePartitionId = this.newId()): TestStore {
    const spec: StoreSpec = { name: id.store, kind };
    return {
      id,
      open: async () => (await this.stores()).open(id, spec),
      reader: async () => (await this.stores()).reader(id, spec),
    };
  }

  async closeAll(): Promise<void> {
    const clients = this.#clients;
    this.#clients = [];
    await Promise.all(clients.map((client) => client.close(CLOSE_TIMEOUT_MS)));
  }
}

type Text = string | Bytes;
/** In order; null deletes. */
export type Writes = ReadonlyArray<readonly [key: Text, value: Text | null]>;

export function bytes(text: Text): Bytes {
  return typeof text === 'string' ? Buffer.from(text) : text;
}

export function pack(segment: SegmentId, writes: Writes): SegmentWrites {
  const writer = new SegmentWriter();
  for (const [key, value] of writes) writer.append(bytes(key), value === null ? null : bytes(value));
  return writer.take(segment);
}

/** A flush of these segments: `[[segment, writes], ...]`. */
export function flushOf(
  fromOffset: number,
  toOffset: number,
  segments: ReadonlyArray<readonly [SegmentId, Writes]>,
  expireBeforeMs: number | null = null,
): StoreFlush {
  const writes = segments.map(([segment, entries]) => pack(segment, entries));
  return { writes, expireBeforeMs, fromOffset, toOffset };
}

/** A flush of a key-value store. */
export function keyValueFlush(fromOffset: number, toOffset: number, writes: Writes): StoreFlush {
  return flushOf(fromOffset, toOffset, [[null, writes]]);
}

/** One character a byte, so that any bytes compare. */
export function latin1(content: Bytes): string {
  return Buffer.from(content).toString('latin1');
}

/** The values of keys as UTF-8 text. */
export async function textOf(
  reader: StoreReader,
  segment: SegmentId,
  keys: readonly string[],
): Promise<Array<string | null>> {
  const values = await reader.getMany(segment, keys.map(bytes));
  return values.map((value) => (value === null ? null : Buffer.from(value).toString()));
}

/** Every entry of a segment by scan, keys and values in latin1. A key that comes twice counts once. */
export async function entriesOf(reader: StoreReader, segment: SegmentId): Promise<Record<string, string>> {
  const entries: Record<string, string> = {};
  for await (const piece of reader.scan(segment)) {
    for (const { key, value } of piece) entries[latin1(key)] = latin1(value);
  }
  return entries;
}

/** Everything a partition holds: segment → key → value, segments without entries left out. */
export async function contentOf(reader: StoreReader): Promise<Record<string, Record<string, string>>> {
  const content: Record<string, Record<string, string>> = {};
  for (const segment of [null, ...(await reader.segments())]) {
    const entries = await entriesOf(reader, segment);
    if (segment !== null || Object.keys(entries).length > 0) content[String(segment)] = entries;
  }
  return content;
}
