/** Stream time travels with the committed offset of each input partition, in the offset's metadata, so that it is exactly as
 *  durable as the position: `1;<max event time of the partition>;<watermark of the task>` (Kafka Streams: TopicPartitionMetadata). */
export interface StreamTimes {
  readonly maxEventTimeMs: number;
  readonly watermarkMs: number;
}

export function encodeStreamTimes(times: StreamTimes): string {
  return `1;${times.maxEventTimeMs};${times.watermarkMs}`;
}

/** null: nothing known (no commit yet, or offsets written by another tool). */
export function decodeStreamTimes(metadata: string | undefined): StreamTimes | null {
  const match = /^1;(-?(?:\d+(?:\.\d+)?|Infinity));(-?(?:\d+(?:\.\d+)?|Infinity))$/.exec(metadata ?? '');
  return match === null ? null : { maxEventTimeMs: Number(match[1]), watermarkMs: Number(match[2]) };
}
