/** Records in a form that is easy to write down and to compare, and the ways to send and read them through the port. */
import { RecordBatchWriter, RecordCursor } from '@hiveframe/streams';
import type {
  Bytes,
  EndOffsets,
  FetchedRecords,
  Headers,
  LogPort,
  LogReader,
  OutputBatch,
  ReaderOptions,
  TopicPartition,
} from '@hiveframe/streams';
import { eventually } from './log-harness.ts';

export interface Sample {
  readonly key: Bytes | null;
  readonly value: Bytes | null;
  readonly timestampMs: number;
  readonly headers?: Headers;
}

/** Records without key, at a fixed time. */
export function texts(...values: readonly string[]): Sample[] {
  return values.map((value) => ({ key: null, value: Buffer.from(value), timestampMs: 1_700_000_000_000 }));
}
/** `prefix0`, `prefix1`, … */
export function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}

export function batch(at: TopicPartition, samples: readonly Sample[]): OutputBatch {
  const writer = new RecordBatchWriter();
  for (const { key, value, timestampMs, headers } of samples) writer.append(key, value, timestampMs, headers);
  return { topic: at.topic, partition: at.partition, records: writer.take() };
}

/** The offset after the last record of a send to one partition. */
export function endOf(ends: EndOffsets): number {
  if (ends.length !== 1) throw new Error(`Expected one end offset, got ${JSON.stringify(ends)}.`);
  return ends[0]!.offset;
}

/** Writes one batch, not transactional, and gives the offset after it. */
export async function produce(log: LogPort, at: TopicPartition, samples: readonly Sample[]): Promise<number> {
  const writer = log.writer();
  const ends = await writer.send([batch(at, samples)]);
  await writer.close();
  return endOf(ends);
}

export interface ReadRecord {
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestampMs: number;
  readonly headers: Headers;
}

export function recordsOf(fetched: FetchedRecords): ReadRecord[] {
  const cursor = new RecordCursor();
  cursor.reset(fetched.batches, fetched.fromOffset);
  const records: ReadRecord[] = [];
  while (cursor.next()) {
    records.push({
      offset: cursor.offset,
      key: copy(cursor.key()),
      value: copy(cursor.value()),
      timestampMs: cursor.timestampMs,
      headers: cursor.headers().map(([name, value]) => [name, copy(value)] as const),
    });
  }
  return records;
}
function copy(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}

export function valuesOf(records: readonly ReadRecord[]): (string | null)[] {
  return records.map((record) => record.value?.toString() ?? null);
}

/** Polls a reader and keeps what came, per partition. */
export class Collector {
  readonly reader: LogReader;
  readonly #records = new Map<string, ReadRecord[]>();
  readonly #last = new Map<string, FetchedRecords>();

  constructor(reader: LogReader) {
    this.reader = reader;
  }
  records(at: TopicPartition): readonly ReadRecord[] {
    return this.#records.get(nameOf(at)) ?? [];
  }
  values(at: TopicPartition): (string | null)[] {
    return valuesOf(this.records(at));
  }
  /** The newest answer about a partition. */
  last(at: TopicPartition): FetchedRecords | undefined {
    return this.#last.get(nameOf(at));
  }

  async poll(maxWaitMs = 500): Promise<readonly FetchedRecords[]> {
    const fetches = await this.reader.poll({ maxWaitMs });
    for (const fetched of fetches) this.#keep(fetched);
    return fetches;
  }
  /** Polls until the condition holds. */
  async until(what: string, condition: () => boolean): Promise<void> {
    await eventually(what, async () => {
      if (!condition()) await this.poll();
      return condition();
    });
  }
  /** Polls until the position has come to `offset`. */
  async reach(at: TopicPartition, offset: number): Promise<void> {
    await this.until(`position ${offset} of ${nameOf(at)}`, () => (this.last(at)?.nextOffset ?? 0) >= offset);
  }

  #keep(fetched: FetchedRecords): void {
    const name = nameOf(fetched);
    this.#last.set(name, fetched);
    this.#records.set(name, [...(this.#records.get(name) ?? []), ...recordsOf(fetched)]);
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

/** Waits until everything before `offset` is decided: a broker writes the markers of a transaction after it has answered. */
export async function settled(log: LogPort, at: TopicPartition, offset: number): Promise<number> {
  let stable = -1;
  await eventually(`last stable offset ${offset} of ${nameOf(at)}`, async () => {
    stable = (await log.admin.offsets([at], 'lastStable'))[0]!.offset;
    return stable >= offset;
  });
  return stable;
}

/** All that a reader of this isolation can see now, from `fromOffset` on. */
export async function readAll(
  log: LogPort,
  at: TopicPartition,
  options: ReaderOptions = { isolation: 'read_committed' },
  fromOffset = 0,
): Promise<readonly ReadRecord[]> {
  const upTo = options.isolation === 'read_committed' ? 'lastStable' : 'end';
  const [end] = await log.admin.offsets([at], upTo);
  const collector = new Collector(log.reader(options));
  collector.reader.assign(at, fromOffset);
  if (end!.offset > fromOffset) await collector.reach(at, end!.offset);
  await collector.reader.close();
  return collector.records(at);
}

/** The values of `readAll`. */
export async function readValues(log: LogPort, at: TopicPartition, options?: ReaderOptions) {
  return valuesOf(await readAll(log, at, options));
}
