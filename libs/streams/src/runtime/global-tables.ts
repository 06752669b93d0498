/** The global tables of an application: every instance reads their topics whole, from the beginning.
 *  G1 Nothing is processed before each table has been read to the end that its topic had at the start (`open`).
 *  G2 After that, updates are taken as they come: which records of a stream find them is not decided by time.
 *  G3 Only committed records count; of each partition in the order of the log. */
import { DeserializationError, InvariantError } from '../errors/streams.error.ts';
import {
  LogError,
  type FetchedRecords,
  type LogReader,
  type PartitionOffset,
  type TopicPartition,
} from '../ports/log.ts';
import { partitionKey } from '../ports/topic-partition.ts';
import { RecordCursor } from '../record-batch/index.ts';
import { SerdeNotReadyError, whenReady } from '../serde/not-ready.ts';
import type { Serde, SerdeContext } from '../serde/serde.ts';
import { GlobalRows } from '../state/global-rows.ts';
import type { GlobalTableSpec } from '../topology/graph.ts';
import type { ResolvedStreamsConfig } from './streams-config.ts';

const POLL_MS = 500;
const RETRY_MS = 1_000;

interface GlobalTable {
  readonly spec: GlobalTableSpec;
  readonly rows: GlobalRows;
}
type Surroundings = Pick<
  ResolvedStreamsConfig,
  'log' | 'clock' | 'logger' | 'telemetry' | 'onDeserializationFailure'
>;

export class GlobalTables {
  readonly #around: Surroundings;
  readonly #tables: readonly GlobalTable[];
  readonly #positions = new Map<string, number>();
  readonly #closing = new AbortController();
  #reader: LogReader | null = null;
  #running: Promise<void> | null = null;

  constructor(specs: readonly GlobalTableSpec[], around: Surroundings) {
    this.#around = around;
    this.#tables = specs.map((spec) => ({ spec, rows: new GlobalRows(spec.key, spec.topic.name) }));
  }

  rows(name: string): GlobalRows {
    const table = this.#tables.find(({ spec }) => spec.name === name);
    if (table === undefined) throw new InvariantError(`There is no global table ${name}.`);
    return table.rows;
  }

  /** Reads all to the end of now. @throws LogError, and DeserializationError where `onDeserializationFailure` is 'fail' */
  async open(signal: AbortSignal): Promise<void> {
    if (this.#tables.length === 0) return;
    this.#reader = this.#around.log.reader({ isolation: 'read_committed' });
    await this.catchUp(signal);
    for (const { spec, rows } of this.#tables)
      this.#around.logger.log('info', `Read global table ${spec.name}: ${rows.size} rows.`);
  }

  /** Reads to the end of now. Not while `run` does. */
  async catchUp(signal: AbortSignal = this.#closing.signal): Promise<void> {
    const reader = this.#reader;
    if (reader === null) return;
    const partitions = await this.#assignNew(reader);
    const ends = await this.#around.log.admin.offsets(partitions, 'lastStable');
    while (ends.some((end) => this.#positions.get(partitionKey(end))! < end.offset)) {
      signal.throwIfAborted();
      await this.#poll(reader);
    }
  }

  async readNewPartitions(): Promise<void> {
    if (this.#reader !== null) await this.#assignNew(this.#reader);
  }

  async #assignNew(reader: LogReader): Promise<TopicPartition[]> {
    const { admin } = this.#around.log;
    const topics = [...new Set(this.#tables.map(({ spec }) => spec.topic.name))];
    const partitions = Array.from(await admin.describe(topics), ([topic, { numPartitions }]) =>
      Array.from({ length: numPartitions }, (_, partition) => ({ topic, partition })),
    ).flat();
    const fresh = partitions.filter((at) => !this.#positions.has(partitionKey(at)));
    if (fresh.length > 0)
      for (const start of await admin.offsets(fresh, 'start')) this.#readFrom(reader, start);
    return partitions;
  }

  #readFrom(reader: LogReader, at: PartitionOffset): void {
    this.#positions.set(partitionKey(at), at.offset);
    reader.assign(at, at.offset);
  }

  async #poll(reader: LogReader): Promise<void> {
    try {
      for (const fetched of await reader.poll({ maxWaitMs: POLL_MS })) await this.#despiteOutages(fetched);
    } catch (error) {
      if (!(error instanceof LogError) || error.failure.kind !== 'offsetOutOfRange') throw error;
      // Compaction or retention was faster: what is gone was replaced, or is not to be known any more.
      const { at, startOffset } = error.failure;
      this.#readFrom(reader, { ...at, offset: startOffset });
    }
  }

  /** Applied anew after each schema that had to be fetched: rows that were set are set again. */
  async #despiteOutages(fetched: FetchedRecords): Promise<void> {
    const { clock, logger } = this.#around;
    for (;;) {
      try {
        return await whenReady(() => this.#apply(fetched));
      } catch (error) {
        if (!(error instanceof SerdeNotReadyError)) throw error;
        logger.log('warn', `Global tables are not up to date: ${error.message}`);
        await clock.delay(RETRY_MS, this.#closing.signal);
        this.#closing.signal.throwIfAborted();
      }
    }
  }

  #apply(fetched: FetchedRecords): void {
    const tables = this.#tables.filter(({ spec }) => spec.topic.name === fetched.topic);
    const cursor = new RecordCursor();
    cursor.reset(fetched.batches, fetched.fromOffset);
    while (cursor.next()) for (const table of tables) this.#update(table, cursor, fetched);
    this.#positions.set(partitionKey(fetched), fetched.nextOffset);
  }

  #update({ spec, rows }: GlobalTable, cursor: RecordCursor, at: TopicPartition): void {
    const [key, value] = [cursor.key(), cursor.value()];
    if (key === null) return this.#skipped(spec, 'nullKey');
    const read = (serde: Serde<unknown>, bytes: Buffer, part: 'key' | 'value'): unknown => {
      const context: SerdeContext = { topic: at.topic, part, headers: () => cursor.headers() };
      return serde.deserialize(Buffer.from(bytes), context);
    };
    try {
      rows.set(read(spec.key, key, 'key'), value === null ? null : read(spec.value, value, 'value'));
    } catch (cause) {
      if (cause instanceof SerdeNotReadyError) throw cause;
      this.#unreadable(spec, cause, `${at.topic}-${at.partition} at offset ${cursor.offset}`);
    }
  }

  /** There is no task that could dead-letter it: anything but `fail` goes on without the record, and says so. */
  #unreadable(spec: GlobalTableSpec, cause: unknown, where: string): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const text = `Cannot deserialize ${where} for global table ${spec.name}: ${reason}`;
    if (this.#around.onDeserializationFailure === 'fail') throw new DeserializationError(text, { cause });
    this.#around.logger.log('error', `${text}. Going on without it.`);
    this.#skipped(spec, 'deserialization');
  }

  #skipped({ name }: GlobalTableSpec, reason: string): void {
    this.#around.telemetry.count('skipped-records', 1, { table: name, reason });
  }

  /** Takes updates until `close`. A log that is away is waited for. */
  run(onFatal: (error: Error) => void): void {
    const reader = this.#reader;
    if (reader !== null) this.#running = this.#loop(reader).catch(onFatal);
  }

  async #loop(reader: LogReader): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await this.#poll(reader);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof LogError)) throw error;
        this.#around.logger.log('warn', `Global tables are not up to date: ${error.message}`);
        await this.#around.clock.delay(RETRY_MS, signal);
      }
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#reader?.close();
    await this.#running;
  }
}
