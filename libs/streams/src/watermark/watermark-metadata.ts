/** Stream time travels with the committed offset of each input partition, in the offset's metadata, so that it is exactly as
 *  durable as the position: `1;<max event time of the partition>;<watermark of the task>` (Kafka Streams: TopicPartitionMetadata).
 *  Behind them, where there are such: `;<clock>`, all punctuations by wall clock that were due by then have run; and
 *  `;<clock or empty>;<writers>`, what the writers of a repartition topic announced (`WriterWatermarks.encode`). */
export interface StreamTimes {
  readonly maxEventTimeMs: number;
  readonly watermarkMs: number;
  /** null: no punctuation follows the wall clock. @defaultValue null */
  readonly punctuatedMs?: number | null;
  /** null: the input is no repartition topic. @defaultValue null */
  readonly writers?: string | null;
}

const TIME = String.raw`-?(?:\d+(?:\.\d+)?|Infinity)`;
const METADATA = new RegExp(String.raw`^1;(${TIME});(${TIME})(?:;(\d+(?:\.\d+)?)?)?(?:;([^;]*))?$`);

export function encodeStreamTimes(times: StreamTimes): string {
  const { maxEventTimeMs, watermarkMs, punctuatedMs = null, writers = null } = times;
  const fields: (number | string)[] = [1, maxEventTimeMs, watermarkMs];
  if (punctuatedMs !== null || writers !== null) fields.push(punctuatedMs ?? '');
  if (writers !== null) fields.push(writers);
  return fields.join(';');
}

/** null: nothing known (no commit yet, or offsets written by another tool). */
export function decodeStreamTimes(metadata: string | undefined): StreamTimes | null {
  const match = METADATA.exec(metadata ?? '');
  if (match === null) return null;
  const [, maxEventTimeMs, watermarkMs, punctuatedMs, writers = null] = match;
  return {
    maxEventTimeMs: Number(maxEventTimeMs),
    watermarkMs: Number(watermarkMs),
    punctuatedMs: punctuatedMs === undefined ? null : Number(punctuatedMs),
    writers,
  };
}
