/** Stream time travels with the committed offset of each input partition, in the offset's metadata, so that it is exactly as
 *  durable as the position: `1;<max event time of the partition>;<watermark of the task>` (Kafka Streams: TopicPartitionMetadata),
 *  and `;<clock>` behind them where punctuations follow the wall clock: all that were due by then have run. */
export interface StreamTimes {
  readonly maxEventTimeMs: number;
  readonly watermarkMs: number;
  /** null: no punctuation follows the wall clock. @defaultValue null */
  readonly punctuatedMs?: number | null;
}

export function encodeStreamTimes({ maxEventTimeMs, watermarkMs, punctuatedMs = null }: StreamTimes): string {
  const times = `1;${maxEventTimeMs};${watermarkMs}`;
  return punctuatedMs === null ? times : `${times};${punctuatedMs}`;
}

/** null: nothing known (no commit yet, or offsets written by another tool). */
export function decodeStreamTimes(metadata: string | undefined): StreamTimes | null {
  const match = /^1;(-?(?:\d+(?:\.\d+)?|Infinity));(-?(?:\d+(?:\.\d+)?|Infinity))(?:;(\d+(?:\.\d+)?))?$/.exec(
    metadata ?? '',
  );
  if (match === null) return null;
  const [, maxEventTimeMs, watermarkMs, punctuatedMs] = match;
  return {
    maxEventTimeMs: Number(maxEventTimeMs),
    watermarkMs: Number(watermarkMs),
    punctuatedMs: punctuatedMs === undefined ? null : Number(punctuatedMs),
  };
}
