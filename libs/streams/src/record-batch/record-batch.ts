/** Kafka's record batch, magic 2 (KIP-98). Byte layout, big endian, offsets from the start of the batch:
 *
 *  0 baseOffset i64 · 8 batchLength i32 (bytes after this field) · 12 partitionLeaderEpoch i32 · 16 magic i8
 *  17 crc u32 (CRC-32C of 21…end) · 21 attributes i16 (0-2 codec, 3 log append time, 4 transactional, 5 control)
 *  23 lastOffsetDelta i32 · 27 baseTimestamp i64 · 35 maxTimestamp i64 · 43 producerId i64 · 51 producerEpoch i16
 *  53 baseSequence i32 · 57 recordCount i32 · 61 records
 *
 *  record: length varint · attributes i8 · timestampDelta varlong · offsetDelta varint · keyLength varint (-1 null) · key
 *          · valueLength varint (-1 null) · value · headerCount varint · (nameLength varint · name · valueLength varint · value)*
 *  varints are zigzag encoded. */

export const BATCH_HEADER_BYTES = 61;
export const ATTRIBUTES_AT = 21;
export const CRC_AT = 17;
export const LAST_OFFSET_DELTA_AT = 23;
export const BASE_TIMESTAMP_AT = 27;
export const MAX_TIMESTAMP_AT = 35;
export const PRODUCER_ID_AT = 43;
export const PRODUCER_EPOCH_AT = 51;
export const BASE_SEQUENCE_AT = 53;
export const RECORD_COUNT_AT = 57;

export const CODEC_MASK = 0x07;
export const LOG_APPEND_TIME_FLAG = 0x08;
export const TRANSACTIONAL_FLAG = 0x10;
export const CONTROL_FLAG = 0x20;

/** The records of one batch, uncompressed: what a cursor walks over. `buffer` is shared with the fetch response:
 *  whoever keeps bytes longer than the task's turn copies them. */
export interface RecordBatch {
  readonly buffer: Buffer;
  /** First byte of the first record. */
  readonly start: number;
  /** After the last byte of the last record. */
  readonly end: number;
  readonly count: number;
  readonly baseOffset: number;
  readonly baseTimestampMs: number;
  /** The broker's append time, where the topic is configured so; it replaces the records' own. Else null. */
  readonly logAppendTimeMs: number | null;
}
