import { byTopic, type ApiRequest } from './api-request.ts';
import type { ProtocolReader } from './protocol-reader.ts';

export interface FetchPartition {
  readonly topic: string;
  readonly partition: number;
  readonly fetchOffset: number;
}
export interface FetchOptions {
  readonly readCommitted: boolean;
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly maxBytesPerPartition: number;
  readonly timeoutMs: number;
}
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}
export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly abortedTransactions: readonly AbortedTransaction[];
  /** Record batches, the last one perhaps cut off: a view over the response. */
  readonly records: Buffer;
}
export interface FetchAnswer {
  readonly errorCode: number;
  readonly partitions: readonly FetchedPartition[];
}

/** Fetch v12 without a session: replica_id i32 (-1), max_wait_ms i32, min_bytes i32, max_bytes i32, isolation i8,
 *  session_id i32 (0), session_epoch i32 (-1), [topic, [partition i32, current_leader_epoch i32 (-1: not checked),
 *  fetch_offset i64, last_fetched_epoch i32 (-1), log_start_offset i64 (-1), partition_max_bytes i32]], forgotten [], rack_id.
 *  The byte limits are soft: the first batch of the first partition that has one always comes whole (KIP-74). */
export function fetch(partitions: readonly FetchPartition[], options: FetchOptions): ApiRequest<FetchAnswer> {
  return {
    apiKey: 1,
    apiName: 'Fetch',
    minVersion: 12,
    maxVersion: 12,
    timeoutMs: options.timeoutMs,
    encode: (writer) => {
      writer.int32(-1).int32(options.maxWaitMs).int32(options.minBytes).int32(options.maxBytes);
      writer.int8(options.readCommitted ? 1 : 0);
      writer.int32(0).int32(-1);
      writer.array(byTopic(partitions), (topic) => {
        writer.string(topic.topic);
        writer.array(topic.partitions, (at) => {
          writer.int32(at.partition).int32(-1).int64(at.fetchOffset).int32(-1).int64(-1);
          writer.int32(options.maxBytesPerPartition).tags();
        });
        writer.tags();
      });
      writer.array([], () => {});
      writer.string('').tags();
    },
    decode: decodeFetch,
  };
}

/** → throttle, error i16, session_id i32, [topic, [partition i32, error i16, high_watermark i64, last_stable_offset i64,
 *  log_start_offset i64, aborted [producer_id i64, first_offset i64], preferred_read_replica i32, records]]. */
function decodeFetch(reader: ProtocolReader): FetchAnswer {
  reader.throttle();
  const errorCode = reader.int16();
  reader.int32();
  const partitions: FetchedPartition[] = [];
  reader.array(() => {
    const topic = reader.string();
    reader.array(() => partitions.push(decodePartition(reader, topic)));
    reader.tags();
  });
  return { errorCode, partitions };
}

function decodePartition(reader: ProtocolReader, topic: string): FetchedPartition {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const highWatermark = reader.int64();
  const lastStableOffset = reader.int64();
  reader.int64();
  const abortedTransactions = reader.array(() => {
    const aborted = { producerId: reader.int64(), firstOffset: reader.int64() };
    reader.tags();
    return aborted;
  });
  reader.int32();
  const records = reader.bytes();
  reader.tags();
  return { topic, partition, errorCode, highWatermark, lastStableOffset, abortedTransactions, records };
}
