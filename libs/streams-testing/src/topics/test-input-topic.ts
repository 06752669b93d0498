/** Writes records as producers of the topic would, and lets the application process them. */
import { partitionFor, RecordBatchWriter, type Bytes, type Headers, type Topic } from '@hiveframe/streams';

/** What a driver needs to know of a topic: any `topic(...)` is one. */
export type TypedTopic<K, V> = Pick<Topic<K, V>, 'name' | 'key' | 'value'>;

export interface PipeOptions<K> {
  readonly key?: K;
  /** @defaultValue the topic's own time where it was given one (`InputTopicOptions`), else the driver's clock */
  readonly timestampMs?: number;
  /** `all`: once into each, to move the time of all tasks on. @defaultValue by the key's hash, as producers do; without a key 0 */
  readonly partition?: number | 'all';
  readonly headers?: Headers;
}

export interface TestInputRecord<out K, out V> {
  readonly key?: K;
  /** null: the key is deleted. */
  readonly value: V | null;
  readonly timestampMs?: number;
  readonly partition?: number | 'all';
  readonly headers?: Headers;
}

export interface InputTopicOptions {
  /** The time of the first record that names none. @defaultValue the driver's clock, read for each record */
  readonly startMs?: number;
  /** Between two records that name none. @defaultValue 0 */
  readonly advanceMs?: number;
}

/** Kafka Streams' TestInputTopic. A call ends when everything that follows from it is processed and committed. */
export interface TestInputTopic<in K, in V> {
  /** null: the key is deleted. */
  pipe(value: V | null, options?: PipeOptions<K>): Promise<void>;
  /** Written together, processed one after the other: what an operator passes on once a commit, it passes on once. */
  pipeValues(
    values: readonly (V | null)[],
    options?: Pick<PipeOptions<K>, 'key' | 'partition'>,
  ): Promise<void>;
  /** The same with keys. */
  pipeKeyValues(pairs: readonly (readonly [key: K, value: V | null])[]): Promise<void>;
  /** The same with everything a record has. */
  pipeRecords(records: readonly TestInputRecord<K, V>[]): Promise<void>;
  /** Bytes as they are, for what no serde would write. */
  pipeBytes(value: Bytes | null, options?: PipeOptions<Bytes | null>): Promise<void>;
  /** Moves the time of the next record that names none. */
  advanceTime(ms: number): void;
}

export interface RawRecord extends PipeOptions<Bytes | null> {
  readonly value: Bytes | null;
}

/** Where the records go: the driver. */
export interface InputPort {
  nowMs(): number;
  /** Writes them in this order, then processes all. */
  write(topic: string, records: readonly RawRecord[]): Promise<void>;
}

export function testInputTopic<K, V>(
  topic: TypedTopic<K, V>,
  port: InputPort,
  { startMs, advanceMs = 0 }: InputTopicOptions,
): TestInputTopic<K, V> {
  let ownMs = startMs ?? (advanceMs > 0 ? port.nowMs() : null);
  const nextMs = (): number => {
    if (ownMs === null) return port.nowMs();
    ownMs += advanceMs;
    return ownMs - advanceMs;
  };
  const encode = ({ key, value, ...rest }: TestInputRecord<K, V>): RawRecord => ({
    ...rest,
    timestampMs: rest.timestampMs ?? nextMs(),
    key: encodeKey(topic, key),
    value: value === null ? null : topic.value.serialize(value, context(topic.name, 'value')),
  });
  const pipeRecords = async (records: readonly TestInputRecord<K, V>[]) => {
    await topic.key?.prepare?.(topic.name, 'key');
    await topic.value.prepare?.(topic.name, 'value');
    await port.write(topic.name, records.map(encode));
  };
  return {
    pipe: (value, options = {}) => pipeRecords([{ value, ...options }]),
    pipeValues: (values, options = {}) => pipeRecords(values.map((value) => ({ value, ...options }))),
    pipeKeyValues: (pairs) => pipeRecords(pairs.map(([key, value]) => ({ key, value }))),
    pipeRecords,
    pipeBytes: (value, options = {}) =>
      port.write(topic.name, [{ ...options, value, timestampMs: options.timestampMs ?? nextMs() }]),
    advanceTime: (ms) => (ownMs = (ownMs ?? port.nowMs()) + ms),
  };
}

function encodeKey<K, V>(topic: TypedTopic<K, V>, key: K | undefined): Bytes | null {
  if (key === undefined || key === null) return null;
  if (topic.key === null) {
    throw new Error(
      `Cannot pipe a key into topic ${topic.name}: it is declared without one. Give the topic a key serde, or pipe without a key.`,
    );
  }
  return topic.key.serialize(key, context(topic.name, 'key'));
}

export function context(topic: string, part: 'key' | 'value') {
  return { topic, part, headers: () => [] };
}

/** One batch for each partition, in order. */
export function toBatches(topic: string, records: readonly RawRecord[], numPartitions: number) {
  const writers = new Map<number, RecordBatchWriter>();
  for (const { key = null, value, timestampMs, headers, ...record } of records) {
    for (const partition of partitionsOf(record.partition, key, numPartitions)) {
      let writer = writers.get(partition);
      if (writer === undefined) writers.set(partition, (writer = new RecordBatchWriter()));
      writer.append(key, value, timestampMs!, headers);
    }
  }
  return Array.from(writers, ([partition, writer]) => ({ topic, partition, records: writer.take() }));
}

function partitionsOf(wanted: number | 'all' | undefined, key: Bytes | null, count: number): number[] {
  if (wanted === 'all') return Array.from({ length: count }, (_, partition) => partition);
  return [wanted ?? (key === null ? 0 : partitionFor(key, count))];
}
