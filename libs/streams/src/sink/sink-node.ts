/** Serializes what reaches a sink and puts it with the task's pending output. */
import { ProductionError } from '../errors/streams.error.ts';
import type { Next, OperatorContext } from '../processor/operator.ts';
import type { Bytes } from '../record/record.ts';
import { ByteWriter } from '../serde/byte-writer.ts';
import type { SerdeContext } from '../serde/serde.ts';
import { valueWriter } from '../serde/value-writer.ts';
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

  const writeKey = spec.key === null ? null : valueWriter(spec.key);
  const writeValue = valueWriter(spec.value);
  const bytes = new ByteWriter();

  const partition = (key: unknown, value: unknown, keyEnd: number): number => {
    if (spec.partitioner !== null) {
      const keyBytes = keyEnd < 0 ? null : Buffer.from(bytes.buffer.subarray(0, keyEnd));
      return checked(spec.partitioner(key, value, keyBytes, numPartitions));
    }
    return keyEnd < 0 ? nextKeyless++ % numPartitions : partitionFor(bytes.buffer, numPartitions, 0, keyEnd);
  };
  const checked = (chosen: number): number => {
    if (Number.isInteger(chosen) && chosen >= 0 && chosen < numPartitions) return chosen;
    throw new ProductionError(
      `Cannot write to ${output.topic}: the partitioner of ${name} chose partition ${chosen} of ${numPartitions}.`,
    );
  };
  const copyOf = (start: number, end: number) =>
    start < 0 ? null : Buffer.from(bytes.buffer.subarray(start, end));

  return (key, value, timestampMs) => {
    context.entered(name);
    bytes.clear();
    const hasKey = writeKey !== null && key !== null && key !== undefined;
    if (hasKey) writeKey(key, bytes, keyContext);
    const keyEnd = bytes.end;
    const hasValue = value !== null && value !== undefined;
    if (hasValue) writeValue(value, bytes, valueContext);
    const { buffer, end } = bytes;
    const keyStart = hasKey ? 0 : -1;
    const valueStart = hasValue ? keyEnd : -1;
    if (end + RECORD_FRAME_BYTES > target.maxRecordBytes) {
      const error = tooLarge(output.topic, end, target.maxRecordBytes);
      target.onFailure(error, copyOf(keyStart, keyEnd), copyOf(valueStart, end));
      return;
    }
    const to = partition(key, value, hasKey ? keyEnd : -1);
    const headers = context.record.headers();
    output.appendFrom(to, buffer, keyStart, keyEnd, valueStart, end, timestampMs, headers);
  };
}

function tooLarge(topic: string, bytes: number, limit: number): ProductionError {
  return new ProductionError(
    `Cannot write a record of ${bytes} bytes to ${topic}: the topic takes ${limit} bytes (max.message.bytes). Raise that limit, or make the record smaller.`,
  );
}
