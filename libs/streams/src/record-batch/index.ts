export * from './record-batch.ts';
export { utf8 } from './utf8.ts';
export { crc32c, portableCrc32c } from './crc32c.ts';
export { RecordCursor } from './record-cursor.ts';
export {
  RecordBatchWriter,
  sealBatch,
  writeBatchHeader,
  NO_PRODUCER,
  type BatchSeal,
  type EncodedRecords,
} from './record-batch-writer.ts';
