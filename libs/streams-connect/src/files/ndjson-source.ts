import type { ResumableSource } from '../resumable/resumable-source.ts';
import {
  DEFAULT_MAX_ROW_BYTES,
  fileSource,
  type FilePosition,
  type FileSourceOptions,
} from './file-source.ts';
import { NdjsonRowParser } from './ndjson-parser.ts';
import { FILE_START } from './row-parser.ts';

export type NdjsonSourceOptions<T> = FileSourceOptions<T>;

/** Replays NDJSON files (a JSON value on each line), exactly once: each line is an event, or what `schema` makes of it.
 *  @throws ConfigError */
export function ndjsonSource<T = unknown>(options: NdjsonSourceOptions<T>): ResumableSource<T, FilePosition> {
  const { maxRowBytes = DEFAULT_MAX_ROW_BYTES } = options;
  return fileSource(options, {
    open: async () => ({ start: FILE_START, valueOf: (value) => ({ value }) }),
    parser: (from) => new NdjsonRowParser(from, { maxRowBytes }),
  });
}
