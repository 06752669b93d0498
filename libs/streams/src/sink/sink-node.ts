/** Serializes what reaches a sink and puts it with the task's pending output. */
import { ProductionError } from '../errors/streams.error.ts';
import type { Next, OperatorContext } from '../processor/operator.ts';
import type { Bytes } from '../record/record.ts';
import type { SerdeContext } from '../serde/serde.ts';
import type { SinkSpec } from '../topology/graph.ts';
import { partitionFor } from './murmur2.ts';
import type { TopicOutput } from './record-collector.ts';

export interface SinkTarget {
  readonly output: TopicOutput;
  readonly numPartitions: number;
  /** The largest record (key + value) the topic takes. */
  readonly maxRecordBytes: number;
  /** Asked for a record that cannot be written; returning means: go on without it. @throws what `fail` throws */
  onFailure(failure: ProductionError, key: Bytes | null, value: Bytes | null): void;
}

/** Headers travel with the record, as in Kafka Streams; bytes of a batch header that the varints of one record may add. */
const RECORD_FRAME_BYTES = 512;

export function sinkNode(name: string, spec: SinkSpec, target: SinkTarget, context: OperatorContext): Next {
  const { output, numPartitions } = target;
  const headers = () => context.record.headers();
  const keyContext: SerdeContext = { topic: output.topic, part: 'key', headers };
  const valueContext: SerdeContext = { topic: output.topic, part: 'value', headers };
  let nextKeyless = context.partition;

  const partition = (key: unknown, value: unknown, keyBytes: Bytes | null): number => {
    if (spec.partitioner !== null) return checked(spec.partitioner(key, value, keyBytes, numPartitions));
    return keyBytes === null ? nextKeyless++ % numPartitions : partitionFor(keyBytes, numPartitions);
  };
  const checked = (chosen: number): number => {
    if (Number.isInteger(chosen) && chosen >= 0 && chosen < numPartitions) return chosen;
    throw new ProductionError(
      `Cannot write to ${output.topic}: the partitioner of ${name} chose partition ${chosen} of ${numPartitions}.`,
    );
  };

  return (key, value, timestampMs) => {
    context.entered(name);
    const keyBytes =
      spec.key === null || key === null || key === undefined ? null : spec.key.serialize(key, keyContext);
    const valueBytes =
      value === null || value === undefined ? null : spec.value.serialize(value, valueContext);
    const size = (keyBytes?.length ?? 0) + (valueBytes?.length ?? 0);
    if (size + RECORD_FRAME_BYTES > target.maxRecordBytes) {
      target.onFailure(tooLarge(output.topic, size, target.maxRecordBytes), keyBytes, valueBytes);
      return;
    }
    const recordHeaders = context.record.headers();
    output.append(
      partition(key, value, keyBytes),
      keyBytes,
      valueBytes,
      timestampMs,
      recordHeaders.length === 0 ? undefined : recordHeaders,
    );
  };
}

function tooLarge(topic: string, bytes: number, limit: number): ProductionError {
  return new ProductionError(
    `Cannot write a record of ${bytes} bytes to ${topic}: the topic takes ${limit} bytes (max.message.bytes). Raise that limit, or make the record smaller.`,
  );
}
