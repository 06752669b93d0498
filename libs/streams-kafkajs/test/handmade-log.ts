/** Record batches made by hand, as a broker would hand them out. */
import {
  BATCH_HEADER_BYTES,
  RecordBatchWriter,
  writeBatchHeader,
  crc32c,
  ATTRIBUTES_AT,
  CONTROL_FLAG,
  CRC_AT,
  LAST_OFFSET_DELTA_AT,
  LOG_APPEND_TIME_FLAG,
  MAX_TIMESTAMP_AT,
  RecordCursor,
  type RecordBatch,
} from '@hiveframe/streams';
import { CODECS, type Compression } from '../src/compression/codec.ts';

export interface HandmadeBatch {
  readonly baseOffset: number;
  /** Text, or key and value. */
  readonly records: readonly (string | { readonly key: Buffer; readonly value: string })[];
  readonly producerId?: number;
  readonly transactional?: boolean;
  readonly codec?: Compression;
  /** Larger than the last record's: its tail was compacted away. */
  readonly lastOffsetDelta?: number;
  readonly logAppendTimeMs?: number;
}

export const TIMESTAMP_MS = 1_700_000_000_000;

export function batch(options: HandmadeBatch): Buffer {
  const writer = new RecordBatchWriter();
  for (const record of options.records) {
    const { key, value } = typeof record === 'string' ? { key: null, value: record } : record;
    writer.append(key, Buffer.from(value), TIMESTAMP_MS);
  }
  const encoded = writer.take();
  const codec = CODECS[options.codec ?? 'none'];
  const body = codec.compress(Buffer.from(encoded.buffer.subarray(BATCH_HEADER_BYTES, encoded.end)));
  const bytes = Buffer.concat([Buffer.alloc(BATCH_HEADER_BYTES), body]);
  writeBatchHeader(
    bytes,
    encoded,
    {
      producerId: options.producerId ?? -1,
      producerEpoch: 0,
      baseSequence: 0,
      transactional: options.transactional ?? false,
    },
    codec.id,
  );
  bytes.writeBigInt64BE(BigInt(options.baseOffset), 0);
  if (options.lastOffsetDelta !== undefined)
    bytes.writeInt32BE(options.lastOffsetDelta, LAST_OFFSET_DELTA_AT);
  if (options.logAppendTimeMs !== undefined) {
    bytes.writeInt16BE(bytes.readInt16BE(ATTRIBUTES_AT) | LOG_APPEND_TIME_FLAG, ATTRIBUTES_AT);
    bytes.writeBigInt64BE(BigInt(options.logAppendTimeMs), MAX_TIMESTAMP_AT);
  }
  return withCrc(bytes);
}

/** A control batch: one record whose key is version 0, type 0 (abort) or 1 (commit). */
export function marker(kind: 'abort' | 'commit', baseOffset: number, producerId: number): Buffer {
  const key = Buffer.from([0, 0, 0, kind === 'abort' ? 0 : 1]);
  const bytes = batch({
    baseOffset,
    producerId,
    transactional: true,
    records: [{ key, value: '\0\0\0\0\0\0' }],
  });
  bytes.writeInt16BE(bytes.readInt16BE(ATTRIBUTES_AT) | CONTROL_FLAG, ATTRIBUTES_AT);
  return withCrc(bytes);
}

export function withCrc(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(crc32c(bytes.subarray(ATTRIBUTES_AT)), CRC_AT);
  return bytes;
}

export function textsOf(batches: readonly RecordBatch[], fromOffset = 0): string[] {
  const cursor = new RecordCursor();
  cursor.reset(batches, fromOffset);
  const texts: string[] = [];
  while (cursor.next()) texts.push(cursor.value()?.toString() ?? 'null');
  return texts;
}
