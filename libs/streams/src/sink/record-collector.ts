/** What a task has to write with its next commit, encoded as it comes, per topic and partition.
 *  K1 Nothing leaves before the commit: an abort just forgets it, and the log holds a transaction open for milliseconds only.
 *  K2 Batches stay below `maxBatchBytes`, single records below what their topic takes. */
import { RecordBatchWriter } from '../record-batch/index.ts';
import type { OutputBatch } from '../ports/log.ts';
import type { Bytes, Headers } from '../record/record.ts';

export class RecordCollector {
  readonly #maxBatchBytes: number;
  readonly #topics = new Map<string, TopicOutput>();
  #pendingBytes = 0;

  constructor(maxBatchBytes: number) {
    this.#maxBatchBytes = maxBatchBytes;
  }

  /** Since the last `take`, about. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  topic(name: string): TopicOutput {
    let output = this.#topics.get(name);
    if (output === undefined) {
      output = new TopicOutput(name, this.#maxBatchBytes, (bytes) => (this.#pendingBytes += bytes));
      this.#topics.set(name, output);
    }
    return output;
  }

  take(): OutputBatch[] {
    this.#pendingBytes = 0;
    return Array.from(this.#topics.values(), (topic) => topic.take()).flat();
  }
}

export class TopicOutput {
  readonly topic: string;
  readonly #maxBatchBytes: number;
  readonly #grown: (bytes: number) => void;
  readonly #writers: (RecordBatchWriter | undefined)[] = [];
  #full: OutputBatch[] = [];

  constructor(topic: string, maxBatchBytes: number, grown: (bytes: number) => void) {
    this.topic = topic;
    this.#maxBatchBytes = maxBatchBytes;
    this.#grown = grown;
  }

  append(
    partition: number,
    key: Bytes | null,
    value: Bytes | null,
    timestampMs: number,
    headers?: Headers,
  ): void {
    const writer = this.#writer(partition, (key?.length ?? 0) + (value?.length ?? 0));
    const before = writer.sizeBytes;
    writer.append(key, value, timestampMs, headers);
    this.#grown(writer.sizeBytes - before);
  }

  /** The same for key and value that lie in one buffer; a start of -1: null. */
  appendFrom(
    partition: number,
    source: Buffer,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
    timestampMs: number,
    headers?: Headers,
  ): void {
    const writer = this.#writer(partition, keyEnd - keyStart + (valueEnd - valueStart));
    const before = writer.sizeBytes;
    writer.appendFrom(source, keyStart, keyEnd, valueStart, valueEnd, timestampMs, headers);
    this.#grown(writer.sizeBytes - before);
  }

  /** With room for so many bytes (K2). */
  #writer(partition: number, bytes: number): RecordBatchWriter {
    const writer = (this.#writers[partition] ??= new RecordBatchWriter());
    if (writer.count > 0 && writer.sizeBytes + bytes > this.#maxBatchBytes) {
      this.#full.push({ topic: this.topic, partition, records: writer.take() });
    }
    return writer;
  }

  /** Whether records for the partition are pending. */
  hasPending(partition: number): boolean {
    return (this.#writers[partition]?.count ?? 0) > 0;
  }

  take(): OutputBatch[] {
    const batches = this.#full;
    this.#full = [];
    for (const [partition, writer] of this.#writers.entries()) {
      if (writer !== undefined && writer.count > 0) {
        batches.push({ topic: this.topic, partition, records: writer.take() });
      }
    }
    return batches;
  }
}
