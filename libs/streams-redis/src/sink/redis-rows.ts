/** What a batch writes: keys of rows, and the values of each as the script takes them. */
import { rejectedFor, type RejectedRecord, type Row, type SinkRecord } from '@hiveframe/streams';
import type { ResolvedRedisSinkOptions } from './redis-sink-options.ts';

export type RedisValue = string | Buffer;
type Scalar = string | number | bigint | boolean;

export interface RedisRows {
  readonly keys: readonly string[];
  /** By key; none: the row is deleted. */
  readonly values: readonly (readonly RedisValue[])[];
  readonly rejected: readonly RejectedRecord[];
}

type Mapping<K, V> = Pick<ResolvedRedisSinkOptions<K, V>, 'as' | 'row' | 'rowKey' | 'hashTags'>;

/** Behind the prefix, of the keys where positions are. */
const POSITION = /^\{[^{}"]+:\d+\}$/;
/** What one command of a script can take. */
const MAX_ENTRY_FIELDS = 2_000;

/** Of several records for one key the last counts, except in streams. */
export function rowsOf<K, V>(
  batch: readonly SinkRecord<K, V>[],
  keyPrefix: string,
  mapping: Mapping<K, V>,
): RedisRows {
  const rejected: RejectedRecord[] = [];
  const changes: (readonly [key: string, values: readonly RedisValue[]])[] = [];
  for (const record of batch) {
    try {
      changes.push([keyPrefix + rowKeyOf(record, mapping), valuesOf(record, mapping)]);
    } catch (error) {
      rejected.push(rejectedFor(record.offset, error));
    }
  }
  const kept = mapping.as === 'stream' ? changes : [...new Map(changes)];
  return { keys: kept.map(([key]) => key), values: kept.map(([, values]) => values), rejected };
}

function rowKeyOf<K, V>({ key }: SinkRecord<K, V>, { rowKey, hashTags }: Mapping<K, V>): string {
  const text = rowKey(key);
  if (hashTags || !POSITION.test(text)) return text;
  throw new Error(`its key ${text} is as those of positions are`);
}

function valuesOf<K, V>(record: SinkRecord<K, V>, { as, row }: Mapping<K, V>): readonly RedisValue[] {
  if (!hasValue(record)) {
    if (as !== 'stream') return [];
    throw new Error('its value is null, and nothing can be deleted from a stream');
  }
  const columns = row(record);
  if (as === 'string') return [JSON.stringify(columns, withBigints)];
  const fields = fieldsOf(columns);
  if (as === 'stream' && fields.length > 2 * MAX_ENTRY_FIELDS) {
    throw new Error(`its row has more than ${MAX_ENTRY_FIELDS} columns, which a stream entry cannot have`);
  }
  if (fields.length > 0) return fields;
  throw new Error(`its row has no value, and a ${as === 'hash' ? 'hash' : 'stream entry'} cannot be empty`);
}

function hasValue<K, V>(record: SinkRecord<K, V>): record is SinkRecord<K, NonNullable<V>> {
  return record.value !== null && record.value !== undefined;
}

/** Names and values; what is null is left out. */
function fieldsOf(row: Row): RedisValue[] {
  return Object.entries(row).flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [name, textOf(value)],
  );
}

function textOf(value: unknown): RedisValue {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' ? JSON.stringify(value, withBigints) : String(value as Scalar);
}

function withBigints(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
