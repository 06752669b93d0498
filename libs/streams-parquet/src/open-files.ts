/** The files that are being written for one partition: one for each folder in which rows belong. */
import { basename, join } from 'node:path';
import { SinkError } from '@hiveframe/streams';
import type { Column } from './columns.ts';
import type { Place } from './owner-folder.ts';
import { ParquetFile } from './parquet-file.ts';
import type { ResolvedParquetSinkOptions } from './parquet-options.ts';
import type { RowsOfPath } from './rows.ts';

/** Where files are before they are complete, and what they say of themselves. */
export interface Staging extends Place {
  readonly folder: string;
  readonly epoch: number;
}

/** A complete file, and where in the directory it is to be read. */
export interface CompleteFile {
  /** In the owner's folder. */
  readonly name: string;
  readonly path: string;
}

export const STAGED = '.staged';

const MAX_NAME_BYTES = 255;

/** Where it is read. */
function fileName({ topic, partition }: Place, firstOffset: number, lastOffset: number): string {
  const offsets = [firstOffset, lastOffset].map((offset) => String(offset).padStart(12, '0'));
  return `${encodeURIComponent(topic)}-${partition}-${offsets.join('-')}.parquet`;
}

/** @throws SinkError `unusable` for a topic with whose name that of a file would be too long */
export function requireFileName(place: Place): void {
  const longest = fileName(place, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  if (longest.length <= MAX_NAME_BYTES) return;
  throw new SinkError(
    `names of files of ${place.topic}-${place.partition} would be longer than ${MAX_NAME_BYTES} bytes: give the application or the sink a shorter name`,
    { failure: 'unusable' },
  );
}

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
      const name = fileName(this.#staging, file.firstOffset, file.lastOffset);
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
