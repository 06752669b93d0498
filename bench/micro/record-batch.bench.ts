/** A record before and after the topology: walked over in a fetched batch, written into one. */
import { crc32c, NO_PRODUCER, RecordBatchWriter, sealBatch } from '@hiveframe/streams';
import { documents, fetched, values, walk } from './readings.ts';
import type { Piece } from './suite.ts';

const keys = values.map(({ sensor_id }) => Buffer.from(sensor_id));
const writer = new RecordBatchWriter();
const bytes = write();

function write(): Buffer {
  documents.forEach((document, i) => writer.append(keys[i]!, document, values[i]!.timestamp));
  return sealBatch(writer.take(), NO_PRODUCER);
}

export const pieces: readonly Piece[] = [
  { name: 'decode: walk over records', run: () => walk((cursor) => cursor.valueEnd) },
  {
    name: 'decode: value as text',
    run: () => walk((cursor) => cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueEnd).length),
  },
  { name: 'encode: write and seal', run: write },
  { name: 'encode: CRC-32C', run: () => crc32c(bytes) },
  {
    name: 'decode: CRC-32C of a fetch',
    run: () => fetched.batches.reduce((sum, { buffer }) => sum + crc32c(buffer), 0),
  },
];
