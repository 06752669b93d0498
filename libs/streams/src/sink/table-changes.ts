/** What a batch changes in a table: of several records for one primary key the last counts, a null value deletes. */
import { rejectedFor, type RejectedRecord, type SinkRecord } from './sink.ts';
import { rowOf, type Row } from './table-row.ts';

/** How records become rows of a table. */
export interface TableMapping<K, V, R> {
  /** The declared columns, in order. */
  readonly columns: readonly string[];
  /** Rows are inserted or replaced by these; null: every record is a row of its own. */
  readonly primaryKey: readonly string[] | null;
  /** @defaultValue `rowOf` */
  readonly row?: ((record: SinkRecord<K, NonNullable<V>>) => Row) | undefined;
  /** The primary key of the row that a null value deletes. @defaultValue the columns of the key, see `rowOf`; a key that is no object
   *  is the one column of the primary key that is no bound of a window */
  readonly keyColumns?: ((key: K) => Row) | undefined;
  /** Values in the order of the columns, as the target takes them. What it throws rejects the record. */
  encodeRow(values: readonly unknown[]): R;
  /** Values in the order of the primary key. */
  encodeKey(values: readonly unknown[]): R;
}

export interface TableChanges<R> {
  readonly rows: readonly R[];
  readonly deletedKeys: readonly R[];
  readonly rejected: readonly RejectedRecord[];
}

export function tableChanges<K, V, R>(
  batch: readonly SinkRecord<K, V>[],
  mapping: TableMapping<K, V, R>,
): TableChanges<R> {
  const rejected: RejectedRecord[] = [];
  const changes: TableChange<R>[] = [];
  for (const record of batch) {
    try {
      changes.push(tableChange(record, mapping));
    } catch (error) {
      rejected.push(rejectedFor(record.offset, error));
    }
  }
  const last = mapping.primaryKey === null ? changes : lastOfEachKey(changes, mapping);
  return {
    rows: last.filter((change) => !change.isDeletion).map((change) => change.encoded),
    deletedKeys: last.filter((change) => change.isDeletion).map((change) => change.encoded),
    rejected,
  };
}

export interface TableChange<R> {
  /** As it is in the row, [] without a primary key. */
  readonly key: readonly unknown[];
  readonly isDeletion: boolean;
  /** The row, or the key of the one that goes. */
  readonly encoded: R;
}

/** What one record changes. @throws Error that says why it can change nothing */
export function tableChange<K, V, R>(
  record: SinkRecord<K, V>,
  mapping: TableMapping<K, V, R>,
): TableChange<R> {
  const { columns, primaryKey } = mapping;
  if (!hasValue(record)) {
    const key = deletedKey(record.key, mapping);
    return { key, isDeletion: true, encoded: mapping.encodeKey(key) };
  }
  const row = mapping.row === undefined ? withNamedKey(record, primaryKey) : mapping.row(record);
  const key = primaryKey === null ? [] : keyOf(row, primaryKey);
  const encoded = mapping.encodeRow(columns.map((column) => row[column] ?? null));
  return { key, isDeletion: false, encoded };
}

function hasValue<K, V>(record: SinkRecord<K, V>): record is SinkRecord<K, NonNullable<V>> {
  return record.value !== null && record.value !== undefined;
}

function deletedKey<K, V>(
  key: K,
  { primaryKey, keyColumns }: TableMapping<K, V, unknown>,
): readonly unknown[] {
  if (primaryKey === null) {
    throw new Error('its value is null, and nothing can be deleted from a table without a primary key');
  }
  return keyOf(keyColumns?.(key) ?? withNamedKey({ key, value: null }, primaryKey), primaryKey);
}

const WINDOW_BOUNDS: readonly string[] = ['window_start', 'window_end'];

function withNamedKey(record: Parameters<typeof rowOf>[0], primaryKey: readonly string[] | null): Row {
  const row = rowOf(record);
  const [name, ...more] = (primaryKey ?? []).filter((column) => !WINDOW_BOUNDS.includes(column));
  if (name === undefined || more.length > 0 || name in row || !('key' in row)) return row;
  return { ...row, [name]: row['key'] };
}

function keyOf(row: Row, primaryKey: readonly string[]): readonly unknown[] {
  const missing = primaryKey.filter((column) => row[column] === null || row[column] === undefined);
  if (missing.length === 0) return primaryKey.map((column) => row[column]);
  throw new Error(`it has no ${missing.join(', ')}, which belongs to the primary key`);
}

/** By keys as the target takes them: a time may be a Date in one record and a number in another. */
function lastOfEachKey<R>(
  changes: readonly TableChange<R>[],
  mapping: Pick<TableMapping<unknown, unknown, R>, 'encodeKey'>,
): TableChange<R>[] {
  const last = new Map<string, TableChange<R>>();
  for (const change of changes) {
    const key = change.isDeletion ? change.encoded : mapping.encodeKey(change.key);
    last.set(JSON.stringify(key, withBigints), change);
  }
  return [...last.values()];
}

function withBigints(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}
