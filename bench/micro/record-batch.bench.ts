/** What a record costs before and after the topology: to be walked over in a fetched batch, to be written into one.
 *  `npm run bench:micro`; figures of one machine compare with each other only. */
import {
  BATCH_HEADER_BYTES,
  crc32c,
  NO_PRODUCER,
  RecordBatchWriter,
  RecordCursor,
  sealBatch,
  type RecordBatch,
} from '@hiveframe/streams';
import { Bench } from 'tinybench';

const RECORDS = 1_000;
const readings = Array.from({ length: RECORDS }, (_, i) => ({
  sensor_id: `sensor-${i}`,
  temperature: 20 + (i % 1_500) / 100,
  humidity: 51.5,
  timestamp: 1_700_000_000_000 + i,
}));
const keys = readings.map(({ sensor_id }) => Buffer.from(sensor_id));
const values = readings.map((reading) => Buffer.from(JSON.stringify(reading)));
const cursor = new RecordCursor();
const writer = new RecordBatchWriter();

function write(): Buffer {
  for (let i = 0; i < RECORDS; i++) writer.append(keys[i]!, values[i]!, readings[i]!.timestamp);
  return sealBatch(writer.take(), NO_PRODUCER);
}

const bytes = write();
const batch: RecordBatch = {
  buffer: bytes,
  start: BATCH_HEADER_BYTES,
  end: bytes.length,
  count: RECORDS,
  baseOffset: 0,
  baseTimestampMs: readings[0]!.timestamp,
  logAppendTimeMs: null,
};

/** Sums something of each record, so that no work can be left out. */
function walk(use: () => number): number {
  let sum = 0;
  cursor.reset([batch], 0);
  while (cursor.next()) sum += use();
  return sum;
}

const bench = new Bench({ time: 1_000 });
bench
  .add('walk', () => walk(() => cursor.valueEnd))
  .add('walk, value as text', () =>
    walk(() => cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueEnd).length),
  )
  .add('walk, value as JSON', () =>
    walk(() => {
      const text = cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueEnd);
      return (JSON.parse(text) as (typeof readings)[number]).temperature;
    }),
  )
  .add('write and seal', write)
  .add('write as JSON and seal', () => {
    for (const reading of readings) {
      writer.append(Buffer.from(reading.sensor_id), Buffer.from(JSON.stringify(reading)), reading.timestamp);
    }
    return sealBatch(writer.take(), NO_PRODUCER);
  })
  .add('CRC-32C alone', () => crc32c(bytes));
await bench.run();

for (const { name, result } of bench.tasks) {
  if (result.state !== 'completed') throw new Error(`${name}: ${result.state}`);
  const nsPerRecord = (result.latency.p50 * 1e6) / RECORDS;
  process.stdout.write(`${name.padEnd(24)} ${nsPerRecord.toFixed(0).padStart(5)} ns/record\n`);
}
