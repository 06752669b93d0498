/** One partition of the reference work, written out by hand: JSON, windows, alerts and commits with nothing general in it. */
import {
  RecordBatchWriter,
  RecordCursor,
  type FetchedRecords,
  type Membership,
  type OutputBatch,
  type TransactionalWriter,
} from '@hiveframe/streams';

export interface BaselineTopics {
  readonly input: string;
  readonly output: string;
  readonly alerts: string;
  readonly changelog: string;
}

interface Reading {
  readonly sensor_id: string;
  readonly temperature: number;
  readonly humidity: number;
  readonly timestamp: number;
}

interface Aggregate {
  readonly sensorId: string;
  readonly startMs: number;
  count: number;
  alerts: number;
  temperatureSum: number;
  humiditySum: number;
  min: number;
  max: number;
  dirty: boolean;
}

const WINDOW_MS = 30_000;
const DELAY_MS = 10_000;
const ALERT_ABOVE = 28;
/** As in the engine, so that the broker gets no batch that it refuses. */
const MAX_BATCH_BYTES = 512 * 1024;
/** Reading waits for the commit above this: else it runs away from a broker that is slower than it. */
const MAX_UNCOMMITTED = 50_000;

export class PartitionWork {
  readonly #partition: number;
  readonly #topics: BaselineTopics;
  readonly #writer: TransactionalWriter;
  readonly #member: Membership;
  readonly #cursor = new RecordCursor();
  readonly #windows = new Map<number, Map<string, Aggregate>>();
  #dirty: Aggregate[] = [];
  readonly #alerts: BatchesOf;
  #streamTimeMs = -Infinity;
  #nextOffset = 0;
  #committedOffset = 0;
  #commit: Promise<void> | undefined;

  constructor(partition: number, topics: BaselineTopics, writer: TransactionalWriter, member: Membership) {
    this.#partition = partition;
    this.#topics = topics;
    this.#alerts = new BatchesOf(topics.alerts, partition);
    this.#writer = writer;
    this.#member = member;
  }

  process({ batches, fromOffset, nextOffset }: FetchedRecords): void {
    const cursor = this.#cursor;
    cursor.reset(batches, fromOffset);
    while (cursor.next()) {
      const text = cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueEnd);
      this.#add(JSON.parse(text) as Reading, cursor.key());
    }
    this.#nextOffset = nextOffset;
  }

  /** Commits what came since the last commit, unless one is still under way. */
  commitWhenIdle(): void {
    if (this.#commit !== undefined || this.#nextOffset === this.#committedOffset) return;
    this.#commit = this.#commitNow().finally(() => (this.#commit = undefined));
  }

  /** Waits while too much is uncommitted. */
  async room(): Promise<void> {
    while (this.#nextOffset - this.#committedOffset > MAX_UNCOMMITTED) {
      this.commitWhenIdle();
      await this.#commit;
    }
  }

  #add(reading: Reading, key: Buffer | null): void {
    const { sensor_id, temperature, humidity, timestamp } = reading;
    if (temperature > ALERT_ABOVE) {
      this.#alerts.append(key, Buffer.from(JSON.stringify({ ...reading, alert: true })), timestamp);
    }
    if (timestamp > this.#streamTimeMs) this.#streamTimeMs = timestamp;
    const startMs = timestamp - (timestamp % WINDOW_MS);
    if (startMs + WINDOW_MS <= this.#streamTimeMs - DELAY_MS) return;
    const aggregate = this.#aggregate(startMs, sensor_id);
    aggregate.count++;
    aggregate.temperatureSum += temperature;
    aggregate.humiditySum += humidity;
    if (temperature > ALERT_ABOVE) aggregate.alerts++;
    if (temperature < aggregate.min) aggregate.min = temperature;
    if (temperature > aggregate.max) aggregate.max = temperature;
    if (aggregate.dirty) return;
    aggregate.dirty = true;
    this.#dirty.push(aggregate);
  }

  #aggregate(startMs: number, sensorId: string): Aggregate {
    let window = this.#windows.get(startMs);
    if (window === undefined) this.#windows.set(startMs, (window = new Map()));
    let aggregate = window.get(sensorId);
    if (aggregate === undefined) {
      const sums = { count: 0, alerts: 0, temperatureSum: 0, humiditySum: 0 };
      aggregate = { sensorId, startMs, ...sums, min: Infinity, max: -Infinity, dirty: false };
      window.set(sensorId, aggregate);
    }
    return aggregate;
  }

  async #commitNow(): Promise<void> {
    const { input } = this.#topics;
    const offset = this.#nextOffset;
    const batches = this.#takeOutput();
    const transaction = this.#writer.begin();
    if (batches.length > 0) await transaction.send(batches);
    await transaction.addOffsets(this.#member, [{ topic: input, partition: this.#partition, offset }]);
    const outcome = await transaction.commit();
    if (outcome !== 'committed') throw new Error(`The baseline cannot go on: a commit was ${outcome}`);
    this.#committedOffset = offset;
  }

  /** Each changed window once to the output and once to the changelog; the alerts. */
  #takeOutput(): readonly OutputBatch[] {
    const { output: outputTopic, changelog: changelogTopic } = this.#topics;
    const output = new BatchesOf(outputTopic, this.#partition);
    const changelog = new BatchesOf(changelogTopic, this.#partition);
    for (const aggregate of this.#dirty) {
      aggregate.dirty = false;
      const { sensorId, startMs } = aggregate;
      output.append(Buffer.from(sensorId), Buffer.from(JSON.stringify(toOutput(aggregate))), startMs);
      changelog.append(
        Buffer.from(`${sensorId}@${startMs}`),
        Buffer.from(JSON.stringify(aggregate)),
        startMs,
      );
    }
    this.#dirty = [];
    return [output, changelog, this.#alerts].flatMap((batches) => batches.take());
  }
}

/** Records for one partition, in batches that a broker takes. */
class BatchesOf {
  readonly #at: { readonly topic: string; readonly partition: number };
  readonly #writer = new RecordBatchWriter();
  #full: OutputBatch[] = [];

  constructor(topic: string, partition: number) {
    this.#at = { topic, partition };
  }

  append(key: Buffer | null, value: Buffer, timestampMs: number): void {
    this.#writer.append(key, value, timestampMs);
    if (this.#writer.sizeBytes > MAX_BATCH_BYTES) this.#full.push(this.#sealed());
  }

  take(): readonly OutputBatch[] {
    const all = this.#writer.count > 0 ? [...this.#full, this.#sealed()] : this.#full;
    this.#full = [];
    return all;
  }

  #sealed(): OutputBatch {
    return { ...this.#at, records: this.#writer.take() };
  }
}

function toOutput({ sensorId, startMs, count, ...sums }: Aggregate): Readonly<Record<string, unknown>> {
  return {
    sensor_id: sensorId,
    window_start: startMs,
    window_end: startMs + WINDOW_MS,
    avg_temp: sums.temperatureSum / count,
    max_temp: sums.max,
    min_temp: sums.min,
    avg_humidity: sums.humiditySum / count,
    alert_count: sums.alerts,
    reading_count: count,
  };
}
