/** Synthetic fetches of the reference input: as the broker would send them, without the broker. */
import {
  BATCH_HEADER_BYTES,
  RecordBatchWriter,
  type FetchedRecords,
  type RecordBatch,
} from '@hiveframe/streams';

export interface ReadingsOptions {
  readonly topic: string;
  readonly numPartitions: number;
  readonly count: number;
  readonly sensors: number;
}

const RECORDS_PER_BATCH = 1_000;
const BATCHES_PER_FETCH = 8;
const BASE_MS = 1_790_000_010_000;

/** Fetches in the order in which they come, over all partitions in turn. */
export function makeReadings(options: ReadingsOptions): FetchedRecords[] {
  const { topic, numPartitions, count, sensors } = options;
  const fetches: FetchedRecords[] = [];
  const offsets = Array.from({ length: numPartitions }, () => 0);
  const random = lcg(42);
  for (let made = 0, turn = 0; made < count; turn++) {
    const partition = turn % numPartitions;
    const batches: RecordBatch[] = [];
    const fromOffset = offsets[partition]!;
    for (let b = 0; b < BATCHES_PER_FETCH && made < count; b++) {
      const size = Math.min(RECORDS_PER_BATCH, count - made);
      batches.push(makeBatch(offsets[partition]!, size, made, partition));
      offsets[partition]! += size;
      made += size;
    }
    const nextOffset = offsets[partition]!;
    const sizeBytes = batches.reduce((sum, batch) => sum + batch.end - batch.start, 0);
    fetches.push({
      topic,
      partition,
      batches,
      fromOffset,
      nextOffset,
      highWatermark: nextOffset,
      lastStableOffset: nextOffset,
      sizeBytes,
    });
  }
  return fetches;

  function makeBatch(baseOffset: number, size: number, first: number, partition: number): RecordBatch {
    const writer = new RecordBatchWriter();
    for (let i = 0; i < size; i++) {
      const sensor = `sensor-${partition + numPartitions * Math.floor(random() * (sensors / numPartitions))}`;
      const temperature = (1_000 + Math.floor(random() * 2_500)) / 100;
      const humidity = (300 + Math.floor(random() * 600)) / 10;
      const timestamp = BASE_MS + first + i - (random() < 0.01 ? Math.floor(random() * 8_000) : 0);
      const value = JSON.stringify({ sensor_id: sensor, temperature, humidity, timestamp });
      writer.append(Buffer.from(sensor), Buffer.from(value), timestamp);
    }
    const records = writer.take();
    return {
      buffer: records.buffer,
      start: BATCH_HEADER_BYTES,
      end: records.end,
      count: records.count,
      baseOffset,
      baseTimestampMs: records.baseTimestampMs,
      logAppendTimeMs: null,
    };
  }
}

function lcg(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}
