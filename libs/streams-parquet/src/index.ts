export { ParquetSink, parquetSink } from './parquet-sink.ts';
export type { ParquetCompression, ParquetSinkOptions } from './parquet-options.ts';
export type { ParquetColumns, ParquetType, ParquetTypeOf } from './columns.ts';
export { byDay, byHour, type PartitionBy, type PartitionColumns } from './partition-path.ts';
