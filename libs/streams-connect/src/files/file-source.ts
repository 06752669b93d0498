/** Replays files into a topic: row by row, in the order of the files' names, from where it stood. */
import { isAbsolute } from 'node:path';
import { crc32 } from 'node:zlib';
import { ConfigError, type Clock } from '@hiveframe/streams';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type {
  RejectedEvent,
  ResumableSource,
  SourceBatch,
  SourceStart,
} from '../resumable/resumable-source.ts';
import { SourceError } from '../source/source.error.ts';
import { findFiles, readFile } from './read-file.ts';
import { checkReplay, ReplayPace, type ReplayOptions } from './replay-pace.ts';
import { RowEvents, type ValueOfRow } from './row-events.ts';
import { FILE_START, type FilePlace, type Row, type RowParser } from './row-parser.ts';

/** Where a source stands in its files. */
export interface FilePosition extends FilePlace {
  readonly file: string;
}

export interface FileSourceOptions<T> {
  /** Names its positions; see `ResumableSource`. */
  readonly name: string;
  /** Paths or globs (`data/*.csv`), from the working directory. Files are read whole, one after the other by name; those that end
   *  in `.gz` are decompressed. A file that comes later, by a name that is behind, is read by the next start. */
  readonly files: string | readonly string[];
  /** What a row must be (zod, valibot, arktype …): what it gives is the event. Rows that are not go to `onRejected`.
   *  @defaultValue events are rows as they are */
  readonly schema?: StandardSchemaV1<unknown, T>;
  /** The pace at which events come, by their times. @defaultValue as fast as they can be read */
  readonly replay?: ReplayOptions<T>;
  /** Shares the files out, by their names. @defaultValue 1 */
  readonly numSplits?: number;
  /** Longer rows are rejected. @defaultValue 1 MiB */
  readonly maxRowBytes?: number;
}

/** What tells a format from another. */
export interface FileFormat {
  /** Where the rows of a file begin, and how they become events. */
  open(file: string): Promise<{ readonly start: FilePlace; readonly valueOf: ValueOfRow }>;
  parser(from: FilePlace): RowParser;
}

export const DEFAULT_MAX_ROW_BYTES = 1024 * 1024;

/** @throws ConfigError */
export function fileSource<T>(
  options: FileSourceOptions<T>,
  format: FileFormat,
): ResumableSource<T, FilePosition> {
  const { name, replay, maxRowBytes = DEFAULT_MAX_ROW_BYTES } = options;
  if (replay !== undefined) checkReplay(name, replay);
  if (!Number.isSafeInteger(maxRowBytes) || maxRowBytes < 1) {
    throw new ConfigError(
      `Cannot make source ${name}: maxRowBytes must be a whole number of 1 or more, is ${maxRowBytes}.`,
    );
  }
  return new FileSource(options, format);
}

class FileSource<T> implements ResumableSource<T, FilePosition> {
  readonly guarantee = 'exactly_once';
  readonly name: string;
  readonly numSplits: number;
  readonly #options: FileSourceOptions<T>;
  readonly #format: FileFormat;

  constructor(options: FileSourceOptions<T>, format: FileFormat) {
    this.name = options.name;
    this.numSplits = options.numSplits ?? 1;
    this.#options = options;
    this.#format = format;
  }

  async *start({
    position,
    split,
    numSplits,
    signal,
    clock,
  }: SourceStart<FilePosition>): AsyncGenerator<SourceBatch<T, FilePosition>> {
    const pace = paceOf(this.#options.replay, clock);
    const files = await findFiles(this.#options.files);
    if (position !== null) requireSameSpelling(this.name, position.file, files);
    for (const file of files) {
      const isMine = numSplits === 1 || crc32(file) % numSplits === split;
      if (!isMine || (position !== null && file < position.file)) continue;
      const from = file === position?.file ? position : FILE_START;
      yield* this.#replayFile(file, from, { pace, signal, clock });
      if (signal.aborted) return;
    }
  }

  async *#replayFile(
    file: string,
    from: FilePlace,
    run: Run<T>,
  ): AsyncGenerator<SourceBatch<T, FilePosition>> {
    const { start, valueOf } = await this.#format.open(file);
    const place = from.offset > start.offset ? from : start;
    const parser = this.#format.parser(place);
    const events = new RowEvents(file, valueOf, this.#options.schema);
    const batches = new FileBatches<T>(file, place);
    for await (const rows of rowsOf(file, place, parser)) {
      yield* batchesOf(rows, events, batches, run);
      if (run.signal.aborted) return;
    }
  }
}

/** Positions go by paths as they are written, and `/data/a` is before all of `data/`. */
function requireSameSpelling(name: string, stoodIn: string, files: readonly string[]): void {
  if (files.some((file) => isAbsolute(file) === isAbsolute(stoodIn))) return;
  const now = isAbsolute(stoodIn) ? 'relative' : 'absolute';
  throw new SourceError(
    `source ${name} stood in ${stoodIn}, and its files are ${now} paths now, such as ${files[0]}. Write them as before, or give the source another name, under which it begins at the start`,
  );
}

/** What one run of a source has. */
interface Run<T> {
  readonly pace: ReplayPace<T> | null;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

function paceOf<T>(replay: ReplayOptions<T> | undefined, clock: Clock): ReplayPace<T> | null {
  return replay === undefined ? null : new ReplayPace(replay, clock);
}

async function* rowsOf(file: string, from: FilePlace, parser: RowParser): AsyncGenerator<Row[]> {
  for await (const piece of readFile(file, from.offset)) yield await parser.feed(piece);
  yield await parser.end();
}

/** Before each pause, and at the end of the rows, what was gathered. */
async function* batchesOf<T>(
  rows: readonly Row[],
  events: RowEvents<T>,
  batches: FileBatches<T>,
  { pace, signal, clock }: Run<T>,
): AsyncGenerator<SourceBatch<T, FilePosition>> {
  for (const row of rows) {
    const made = events.of(row);
    const outcome = made instanceof Promise ? await made : made;
    if ('event' in outcome) {
      const pauseMs = pace?.pauseMs(outcome.event) ?? 0;
      if (pauseMs > 0) {
        if (batches.count > 0) yield batches.take();
        await clock.delay(pauseMs, signal);
        if (signal.aborted) return;
      }
    }
    batches.add(row, outcome);
  }
  if (batches.count > 0) yield batches.take();
}

/** Gathers what rows became, with the position behind them. */
class FileBatches<T> {
  readonly #file: string;
  #events: T[] = [];
  #rejected: RejectedEvent[] = [];
  #place: FilePlace;

  constructor(file: string, place: FilePlace) {
    this.#file = file;
    this.#place = place;
  }

  get count(): number {
    return this.#events.length + this.#rejected.length;
  }

  add({ end, nextLine }: Row, outcome: { readonly event: T } | { readonly rejected: RejectedEvent }): void {
    if ('event' in outcome) this.#events.push(outcome.event);
    else this.#rejected.push(outcome.rejected);
    this.#place = { offset: end, line: nextLine };
  }

  take(): SourceBatch<T, FilePosition> {
    const position = { file: this.#file, ...this.#place };
    const batch = { events: this.#events, rejected: this.#rejected, position };
    this.#events = [];
    this.#rejected = [];
    return batch;
  }
}
