import { BATCH_HEADER_BYTES, RecordBatchWriter, RecordCursor, type EncodedRecords } from '@hiveframe/streams';

/** Two halves of a batch that is larger than its topic takes; the same records in the same order. */
export function splitRecords(records: EncodedRecords): [EncodedRecords, EncodedRecords] {
  const cursor = new RecordCursor();
  const { buffer, end, count, baseTimestampMs } = records;
  const whole = { buffer, start: BATCH_HEADER_BYTES, end, count, baseOffset: 0, baseTimestampMs };
  cursor.reset([{ ...whole, logAppendTimeMs: null }], 0);
  const half = count >> 1;
  return [copy(cursor, half), copy(cursor, count - half)];
}

function copy(cursor: RecordCursor, count: number): EncodedRecords {
  const writer = new RecordBatchWriter();
  for (let index = 0; index < count && cursor.next(); index++) {
    writer.append(cursor.key(), cursor.value(), cursor.timestampMs, cursor.headers());
  }
  return writer.take();
}
