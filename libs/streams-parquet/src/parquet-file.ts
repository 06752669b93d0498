/** One file that is being written: rows are gathered by column, written as row groups, and completed with what they came from. */
import { appendFile } from 'node:fs/promises';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { forWriter, schemaOf, type Column } from './columns.ts';
import { syncFile } from './durable.ts';
import type { ParquetCompression } from './parquet-options.ts';
import type { RowsOfPath } from './rows.ts';

const CODECS = { snappy: 'SNAPPY', zstd: 'ZSTD', gzip: 'GZIP', none: 'UNCOMPRESSED' } as const;
const COMPRESSORS = { ZSTD: zstdCompressSync, GZIP: gzipSync };

export class ParquetFile {
  /** Where it is until it is complete. */
  readonly stagedAt: string;
  readonly firstOffset: number;
  lastOffset: number;
  /** Of rows that are in no row group yet; about, in memory. */
  bufferedBytes = 0;
  readonly #columns: readonly Column[];
  readonly #bytes = new ByteWriter();
  readonly #writer: ParquetWriter;
  #values: unknown[][];

  constructor(
    stagedAt: string,
    columns: readonly Column[],
    compression: ParquetCompression,
    { firstOffset, lastOffset }: Pick<RowsOfPath, 'firstOffset' | 'lastOffset'>,
  ) {
    this.stagedAt = stagedAt;
    this.firstOffset = firstOffset;
    this.lastOffset = lastOffset;
    this.#columns = columns;
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema: schemaOf(columns),
      codec: CODECS[compression],
      compressors: COMPRESSORS,
      createdBy: '@hiveframe/streams-parquet',
    });
    this.#values = columns.map(() => []);
  }

  /** Written and gathered, about. */
  get sizeBytes(): number {
    return this.#bytes.offset + this.bufferedBytes;
  }

  append({ lastOffset, bytes, values }: RowsOfPath): void {
    this.lastOffset = lastOffset;
    this.bufferedBytes += bytes;
    for (const [i, column] of this.#values.entries()) column.push(...values[i]!);
  }

  /** Of all that is gathered. */
  async writeRowGroup(): Promise<void> {
    const rowGroupSize = this.#values[0]!.length;
    if (rowGroupSize === 0) return;
    const columnData = this.#columns.map((column, i) => ({
      name: column[0],
      data: forWriter(column, this.#values[i]!),
    }));
    this.#values = this.#columns.map(() => []);
    this.bufferedBytes = 0;
    void this.#writer.write({ columnData, rowGroupSize }); // into memory: nothing to wait for
    await this.#flush();
  }

  /** Writes what is left, and the footer, which says what the rows came from. The file is complete and on disk then. */
  async complete(origin: Readonly<Record<string, string | number>>): Promise<void> {
    await this.writeRowGroup();
    const metadata = { ...origin, first_offset: this.firstOffset, last_offset: this.lastOffset };
    this.#writer.kvMetadata = Object.entries(metadata).map(([name, value]) => ({
      key: `hiveframe.${name}`,
      value: String(value),
    }));
    void this.#writer.finish();
    await this.#flush();
    await syncFile(this.stagedAt);
  }

  async #flush(): Promise<void> {
    await appendFile(this.stagedAt, this.#bytes.getBytes());
    this.#bytes.index = 0;
  }
}
