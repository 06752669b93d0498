/** The files that are being written for one partition: one for each folder in which rows belong. */
import { basename, join } from 'node:path';
import type { Column } from './columns.ts';
import { ParquetFile } from './parquet-file.ts';
import type { ResolvedParquetSinkOptions } from './parquet-options.ts';
import type { RowsOfPath } from './rows.ts';

/** Where files are before they are complete, and what they say of themselves. */
export interface Staging {
  readonly folder: string;
  readonly topic: string;
  readonly partition: number;
  readonly epoch: number;
}

/** A complete file, and where in the directory it is to be read. */
export interface CompleteFile {
  /** In the owner's folder. */
  readonly name: string;
  readonly path: string;
}

export const STAGED = '.staged';

export class OpenFiles {
  readonly columns: readonly Column[];
  readonly #staging: Staging;
  readonly #options: ResolvedParquetSinkOptions;
  readonly #byPath = new Map<string, ParquetFile>();
  readonly #number: () => number;

  /** @param number gives each staged file of this owner another one */
  constructor(
    columns: readonly Column[],
    staging: Staging,
    options: ResolvedParquetSinkOptions,
    number: () => number,
  ) {
    this.columns = columns;
    this.#staging = staging;
    this.#options = options;
    this.#number = number;
  }

  get isEmpty(): boolean {
    return this.#byPath.size === 0;
  }
  get isFull(): boolean {
    return [...this.#byPath.values()].some((file) => file.sizeBytes >= this.#options.maxFileBytes);
  }

  /** Row groups are written of the largest files until what is gathered of all is within its bound. */
  async append(rows: readonly RowsOfPath[]): Promise<void> {
    for (const some of rows) this.#fileFor(some).append(some);
    const files = [...this.#byPath.values()];
    let bufferedBytes = files.reduce((sum, file) => sum + file.bufferedBytes, 0);
    while (bufferedBytes > this.#options.maxRowGroupBytes) {
      const largest = files.reduce((a, b) => (a.bufferedBytes >= b.bufferedBytes ? a : b));
      bufferedBytes -= largest.bufferedBytes;
      await largest.writeRowGroup();
    }
  }

  /** Completes all of them; it is of no use then. */
  async complete(): Promise<CompleteFile[]> {
    const { topic, partition, epoch } = this.#staging;
    const complete: CompleteFile[] = [];
    for (const [path, file] of this.#byPath) {
      await file.complete({ topic, partition, epoch });
      const offsets = [file.firstOffset, file.lastOffset].map((offset) => String(offset).padStart(12, '0'));
      const name = `${encodeURIComponent(topic)}-${partition}-${offsets.join('-')}.parquet`;
      complete.push({ name: basename(file.stagedAt), path: path === '' ? name : `${path}/${name}` });
    }
    return complete;
  }

  #fileFor(rows: RowsOfPath): ParquetFile {
    let file = this.#byPath.get(rows.path);
    if (file === undefined) {
      const { folder, epoch } = this.#staging;
      const stagedAt = join(folder, `${epoch}-${this.#number()}${STAGED}`);
      file = new ParquetFile(stagedAt, this.columns, this.#options.compression, rows);
      this.#byPath.set(rows.path, file);
    }
    return file;
  }
}
