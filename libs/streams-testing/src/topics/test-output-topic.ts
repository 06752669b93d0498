/** Reads what was committed, as consumers of the topic would. */
import { whenReady, type Bytes, type Headers, type KeyValue, type StreamRecord } from '@hiveframe/streams';
import { context, type TypedTopic } from './test-input-topic.ts';

export interface TestRecord<out K, out V> extends StreamRecord<K, V> {
  readonly partition: number;
  readonly headers: Headers;
}
export type RawTestRecord = TestRecord<Bytes | null, Bytes | null>;

/** Kafka Streams' TestOutputTopic: each record is read once, in order of partition and offset. */
export interface TestOutputTopic<out K, out V, out R extends TestRecord<K, V> = TestRecord<K, V>> {
  /** The next record; undefined: there is none. */
  read(): Promise<R | undefined>;
  readAll(): Promise<readonly R[]>;
  readValues(): Promise<readonly V[]>;
  readKeyValues(): Promise<readonly KeyValue<K, V>[]>;
  /** The last value of each key, as a table would have it: a null value removes its key. Keys that are objects count by their JSON. */
  readKeyValuesToMap(): Promise<ReadonlyMap<K, V>>;
  /** How many have not been read. */
  size(): Promise<number>;
  isEmpty(): Promise<boolean>;
}

/** The committed records of a topic that were not read yet. */
export interface RecordFeed {
  next(): Promise<RawTestRecord | undefined>;
  size(): Promise<number>;
}

export function testOutputTopic<K, V, R extends TestRecord<K, V>>(
  feed: RecordFeed,
  convert: (record: RawTestRecord) => R,
): TestOutputTopic<K, V, R> {
  const read = async () => {
    const record = await feed.next();
    return record === undefined ? undefined : whenReady(() => convert(record));
  };
  const readAll = async () => {
    const records: R[] = [];
    for (let record = await read(); record !== undefined; record = await read()) records.push(record);
    return records;
  };
  return {
    read,
    readAll,
    readValues: async () => (await readAll()).map(({ value }) => value),
    readKeyValues: async () => (await readAll()).map(({ key, value }) => ({ key, value })),
    readKeyValuesToMap: async () => toMap(await readAll()),
    size: () => feed.size(),
    isEmpty: async () => (await feed.size()) === 0,
  };
}

export function decodeRecord<K, V>(topic: TypedTopic<K, V>, record: RawTestRecord): TestRecord<K, V> {
  const { key, value } = record;
  const withHeaders = (part: 'key' | 'value') => ({
    ...context(topic.name, part),
    headers: () => record.headers,
  });
  return {
    ...record,
    key: (key === null || topic.key === null ? null : topic.key.deserialize(key, withHeaders('key'))) as K,
    value: (value === null ? null : topic.value.deserialize(value, withHeaders('value'))) as V,
  };
}

function toMap<K, V>(records: readonly KeyValue<K, V>[]): ReadonlyMap<K, V> {
  const keys = new Map<unknown, K>();
  const rows = new Map<K, V>();
  for (const { key, value } of records) {
    const id = typeof key === 'object' ? JSON.stringify(key) : key;
    const known = keys.get(id) ?? key;
    keys.set(id, known);
    if (value === null) rows.delete(known);
    else rows.set(known, value);
  }
  return rows;
}
