/** From the records of a batch to rows as files hold them, by the folder in which they belong. */
import { rejectedFor, rowOf, type RejectedRecord, type Row, type SinkRecord } from '@hiveframe/streams';
import { encodeValue, sizeOf, type Column } from './columns.ts';
import type { ResolvedParquetSinkOptions } from './parquet-options.ts';
import { pathOf } from './partition-path.ts';

/** Rows of one folder, in offset order. */
export interface RowsOfPath {
  /** Within the directory; '' for the directory itself. */
  readonly path: string;
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** About, in memory. */
  readonly bytes: number;
  /** By column, as many of each. */
  readonly values: readonly unknown[][];
}

export interface EncodedBatch {
  readonly rows: readonly RowsOfPath[];
  readonly rejected: readonly RejectedRecord[];
}

type Mapping = Pick<ResolvedParquetSinkOptions, 'columns' | 'row' | 'partitionBy'>;
type MutableRows = { -readonly [name in keyof RowsOfPath]: RowsOfPath[name] };

export function encodeBatch(batch: readonly SinkRecord<unknown, unknown>[], mapping: Mapping): EncodedBatch {
  const byPath = new Map<string, MutableRows>();
  const rejected: RejectedRecord[] = [];
  for (const record of batch) {
    try {
      addRow(byPath, record, mapping);
    } catch (error) {
      rejected.push(rejectedFor(record.offset, error));
    }
  }
  return { rows: [...byPath.values()], rejected };
}

/** All that can fail comes before the first value is kept. */
function addRow(
  byPath: Map<string, MutableRows>,
  record: SinkRecord<unknown, unknown>,
  { columns, row: toRow = rowOf, partitionBy }: Mapping,
): void {
  if (record.value === null || record.value === undefined) {
    throw new Error('its value is null, and nothing can be deleted from Parquet files');
  }
  const row = toRow(record as SinkRecord<never, never>) as Row;
  const path = partitionBy === null ? '' : pathOf(partitionBy(row, record));
  const values = columns.map((column: Column) => encodeValue(column, row[column[0]]));
  const rows = rowsAt(byPath, path, record.offset, columns.length);
  rows.lastOffset = record.offset;
  for (let i = 0; i < values.length; i++) {
    rows.values[i]!.push(values[i]);
    rows.bytes += sizeOf(values[i]);
  }
}

function rowsAt(
  byPath: Map<string, MutableRows>,
  path: string,
  firstOffset: number,
  width: number,
): MutableRows {
  let rows = byPath.get(path);
  if (rows === undefined) {
    const values = Array.from({ length: width }, (): unknown[] => []);
    byPath.set(path, (rows = { path, firstOffset, lastOffset: firstOffset, bytes: 0, values }));
  }
  return rows;
}
