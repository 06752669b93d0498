/** The input: one record for each key to build state, then one for each partition at every takeover. */
import { RecordBatchWriter, type LogPort, type OutputBatch } from '@hiveframe/streams';
import { partitionFor } from '@hiveframe/streams/internal';
import { kafkajs } from '@hiveframe/streams-kafkajs';

/** Odd, so that different indices give different keys; keys in no order, as they come in life. */
const SCRAMBLE = 0x9e3779b1;
const BATCH_BYTES = 256 * 1024;

export class Input {
  readonly topic: string;
  readonly numPartitions: number;
  /** One key of each partition: what is written at a takeover. */
  readonly probes: readonly string[];
  #log: LogPort;
  /** How often a probe has been written. */
  #written = 0;

  private constructor(log: LogPort, topic: string, numPartitions: number) {
    this.#log = log;
    this.topic = topic;
    this.numPartitions = numPartitions;
    this.probes = Array.from({ length: numPartitions }, (_, partition) => this.#firstKeyOf(partition));
  }

  static async open(brokers: string, topic: string, numPartitions: number): Promise<Input> {
    const log = kafkajs({ brokers: brokers.split(',') });
    await log.connect();
    return new Input(log, topic, numPartitions);
  }

  /** What a probe is counted as when everything was counted once. */
  get expectedCount(): number {
    return this.#written;
  }

  async fill(keys: number): Promise<void> {
    const partitions = this.probes.map(() => new RecordBatchWriter());
    const writer = this.#log.writer();
    const send = (batches: readonly OutputBatch[]) =>
      writer.send(batches.filter(({ records }) => records.count > 0));
    for (let index = 0; index < keys; index++) {
      const key = keyOf(index);
      const partition = partitionFor(Buffer.from(key), this.numPartitions);
      const batch = partitions[partition]!;
      batch.append(Buffer.from(key), Buffer.from(String(partition)), Date.now());
      if (batch.sizeBytes >= BATCH_BYTES) await send([this.#output(partition, batch)]);
    }
    await send(partitions.map((batch, partition) => this.#output(partition, batch)));
    await writer.close();
    this.#written++;
  }

  /** One record to each partition. */
  async probe(): Promise<void> {
    const writer = this.#log.writer();
    await writer.send(
      this.probes.map((key, partition) => {
        const batch = new RecordBatchWriter();
        batch.append(Buffer.from(key), Buffer.from(String(partition)), Date.now());
        return this.#output(partition, batch);
      }),
    );
    await writer.close();
    this.#written++;
  }

  async close(): Promise<void> {
    await this.#log.close(1_000);
  }

  #output(partition: number, batch: RecordBatchWriter): OutputBatch {
    return { topic: this.topic, partition, records: batch.take() };
  }

  #firstKeyOf(partition: number): string {
    let index = 0;
    while (partitionFor(Buffer.from(keyOf(index)), this.numPartitions) !== partition) index++;
    return keyOf(index);
  }
}

function keyOf(index: number): string {
  return `key-${(Math.imul(index, SCRAMBLE) >>> 0).toString(36)}`;
}
