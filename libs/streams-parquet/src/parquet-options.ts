import { basename, resolve } from 'node:path';
import { ConfigError, silentLogger, type Logger, type Row, type SinkRecord } from '@hiveframe/streams';
import { PARQUET_TYPES, type Column, type ParquetColumns } from './columns.ts';
import type { PartitionBy, PartitionColumns } from './partition-path.ts';

export type ParquetCompression = 'snappy' | 'zstd' | 'gzip' | 'none';

/** Which files, of what columns, and how records become their rows. */
export interface ParquetSinkOptions<K, V, R extends object = Row> {
  /** On a local POSIX file system; made when it is not there. All instances that are to write to it must see the same one. */
  readonly directory: string;
  /** The columns that are written, with their types. */
  readonly columns: ParquetColumns<NoInfer<R>>;
  /** Makes the row of a record. @defaultValue the columns of the value behind those of the key: see `rowOf` */
  readonly row?: (record: SinkRecord<K, NonNullable<V>>) => R;
  /** Folders within the directory: a function such as `byHour()`, or names of fields of the row, which are then no columns of the
   *  files. @defaultValue none */
  readonly partitionBy?: readonly (keyof NoInfer<R> & string)[] | PartitionBy<NoInfer<R>>;
  /** How the pages of a file are compressed. @defaultValue 'snappy' */
  readonly compression?: ParquetCompression;
  /** The age at which files are completed: so long after a row was written it can be read at the latest. @defaultValue 60_000 */
  readonly maxFileMs?: number;
  /** The size at which files are completed, about. @defaultValue 134_217_728 */
  readonly maxFileBytes?: number;
  /** What is gathered of one partition, about, before the largest of its open files is given a row group. To write one holds the process
   *  for some 50 ms a megabyte. @defaultValue 4_194_304 */
  readonly maxRowGroupBytes?: number;
  /** Names the sink, in log lines and errors. @defaultValue `parquet-` and the last name in `directory` */
  readonly name?: string;
  /** Told when files could not be completed in time; they are tried again. @defaultValue none */
  readonly logger?: Logger;
}

export interface ResolvedParquetSinkOptions {
  /** Absolute. */
  readonly directory: string;
  readonly columns: readonly Column[];
  readonly row: ((record: SinkRecord<never, never>) => object) | undefined;
  readonly partitionBy: PartitionBy | null;
  readonly compression: ParquetCompression;
  readonly maxFileMs: number;
  readonly maxFileBytes: number;
  readonly maxRowGroupBytes: number;
  readonly name: string;
  readonly logger: Logger;
}

/** Applies defaults; names all faults together. @throws ConfigError */
export function resolveParquetSinkOptions<K, V, R extends object>(
  options: ParquetSinkOptions<K, V, R>,
): ResolvedParquetSinkOptions {
  const directory = resolve(options.directory);
  const { partitionBy, name = `parquet-${basename(directory)}` } = options;
  const resolved: ResolvedParquetSinkOptions = {
    directory,
    columns: Object.entries(options.columns) as unknown as Column[],
    row: options.row,
    partitionBy: typeof partitionBy === 'function' ? (partitionBy as PartitionBy) : byColumns(partitionBy),
    compression: options.compression ?? 'snappy',
    maxFileMs: options.maxFileMs ?? 60_000,
    maxFileBytes: options.maxFileBytes ?? 128 * 1024 * 1024,
    maxRowGroupBytes: options.maxRowGroupBytes ?? 4 * 1024 * 1024,
    name: name.replaceAll(/[^a-zA-Z0-9._-]/g, '-'),
    logger: options.logger ?? silentLogger,
  };
  const faults = findFaults(resolved, Array.isArray(partitionBy) ? partitionBy : []);
  if (faults.length === 0) return resolved;
  throw new ConfigError(`Cannot write Parquet files to ${directory}: ${faults.join('; ')}.`);
}

function byColumns(names: readonly string[] | undefined): PartitionBy | null {
  if (names === undefined || names.length === 0) return null;
  return (row) =>
    Object.fromEntries(names.map((name) => [name, folderValue(name, row[name])])) as PartitionColumns;
}

function folderValue(name: string, value: unknown): PartitionColumns[string] {
  if (value === null || value === undefined) return null;
  if (['string', 'number', 'bigint', 'boolean'].includes(typeof value)) return value as string;
  throw new Error(`${name} names a folder and is an object: give partitionBy as a function`);
}

function findFaults(
  { columns, compression, maxFileMs, maxFileBytes, maxRowGroupBytes }: ResolvedParquetSinkOptions,
  folders: readonly string[],
): string[] {
  const faults: string[] = [];
  if (columns.length === 0) faults.push('columns names none');
  for (const [name, type] of columns) {
    if (PARQUET_TYPES.includes(type)) continue;
    faults.push(`column ${name} is ${type}, which is none of ${PARQUET_TYPES.join(', ')}`);
  }
  const both = columns.filter(([name]) => folders.includes(name));
  if (both.length > 0) faults.push(`${both.map(([name]) => name).join(', ')} is both column and folder`);
  if (!['snappy', 'zstd', 'gzip', 'none'].includes(compression)) {
    faults.push(`compression is ${compression}, which is none of snappy, zstd, gzip, none`);
  }
  for (const [name, value] of Object.entries({ maxFileMs, maxFileBytes, maxRowGroupBytes })) {
    if (!Number.isSafeInteger(value) || value < 1) faults.push(`${name} must be 1 or more, is ${value}`);
  }
  return faults;
}
