/** One partition of a sink's topic, in the hands of one owner.
 *  P1 A write is an entry of the journal: rows and position, there at once or not at all. It is done with that, and durable; offsets
 *     may be committed.
 *  P2 What is in the journal is gathered in files too. To complete them: write their footers, sync, note in the journal where they are
 *     to be moved, move them, remove the entries before. A file that is not in the owner's folder any more was moved; so whoever goes
 *     on after a crash moves the others, and no row is lost or there twice.
 *  P3 What fails behind P1 is no failure of the write: files are made anew from the journal by the next call. */
import { access, mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SinkError } from '@hiveframe/streams';
import type { RejectedRecord, SinkPartition, SinkPosition, SinkRecord } from '@hiveframe/streams';
import { syncFolder } from './durable.ts';
import { isMissing, sinkError } from './failures.ts';
import { Journal, type EntryName } from './journal.ts';
import { OpenFiles, type CompleteFile } from './open-files.ts';
import { takeOver, type OwnerFolder, type Place } from './owner-folder.ts';
import type { ResolvedParquetSinkOptions } from './parquet-options.ts';
import { encodeBatch, type RowsOfPath } from './rows.ts';

export class ParquetPartition implements SinkPartition<unknown, unknown> {
  readonly position: SinkPosition | null;
  readonly #options: ResolvedParquetSinkOptions;
  readonly #place: Place;
  readonly #folder: OwnerFolder;
  readonly #journal: Journal;
  #standsAt: SinkPosition | null;
  /** null: to be made from the journal. */
  #files: OpenFiles | null = null;
  #staged = 0;
  #timer: NodeJS.Timeout | null = null;
  /** Ends when the call before has. */
  #turn: Promise<unknown> = Promise.resolve();
  #isRetired = false;

  /** @throws SinkError */
  static async open(options: ResolvedParquetSinkOptions, place: Place): Promise<ParquetPartition> {
    let journal: Journal | null = null;
    try {
      const folder = await takeOver(options.directory, place);
      journal = await Journal.open(folder);
      const position = journal.last === null ? null : (await journal.read(journal.last)).position;
      await journal.append('rows', { position, columns: options.columns, rows: [], files: [] });
      const partition = new ParquetPartition(options, place, folder, journal, position);
      await partition.#inTurn(() => partition.#openFiles());
      return partition;
    } catch (error) {
      await journal?.close();
      throw sinkError(error);
    }
  }

  private constructor(
    options: ResolvedParquetSinkOptions,
    place: Place,
    folder: OwnerFolder,
    journal: Journal,
    position: SinkPosition | null,
  ) {
    this.#options = options;
    this.#place = place;
    this.#folder = folder;
    this.#journal = journal;
    this.#standsAt = this.position = position;
  }

  get epoch(): number {
    return this.#folder.epoch;
  }

  write(
    batch: readonly SinkRecord<unknown, unknown>[],
    { offset, rejected: before }: SinkPosition,
  ): Promise<readonly RejectedRecord[]> {
    return this.#inTurn(async () => {
      await this.#openFiles();
      const { rows, rejected } = encodeBatch(batch, this.#options);
      const position = { offset, rejected: [...before, ...rejected.map((one) => one.offset)] };
      await this.#journal.append('rows', { position, columns: this.#options.columns, rows, files: [] });
      this.#standsAt = position;
      await this.#settle(() => this.#gather(rows)); // P3
      return rejected;
    });
  }

  /** Completes the files that are open. What fails is tried again by whoever owns the partition next. */
  async complete(): Promise<void> {
    await this.#inTurn(() => this.#settle(() => this.#complete()));
  }

  /** It is written no more. */
  async retire(): Promise<void> {
    this.#isRetired = true;
    this.#stopTimer();
    await this.#turn;
    this.#files = null;
    await this.#journal.close();
  }

  /** Appends, and completes when a file is large enough; else in time. */
  async #gather(rows: readonly RowsOfPath[]): Promise<void> {
    const files = this.#files!;
    await files.append(rows);
    if (files.isFull) await this.#complete();
    else if (!files.isEmpty) this.#startTimer();
  }

  /** P2 */
  async #complete(): Promise<void> {
    this.#stopTimer();
    const files = await this.#openFiles();
    if (files.isEmpty) return;
    this.#files = null;
    const complete = await files.complete();
    await this.#journal.append('files', {
      position: this.#standsAt,
      columns: files.columns,
      rows: [],
      files: complete,
    });
    await this.#publish(this.#journal.last!, complete);
    this.#files = this.#newFiles();
  }

  async #publish(entry: EntryName, files: readonly CompleteFile[]): Promise<void> {
    for (const file of files) await this.#move(file);
    await this.#syncFoldersOf(files);
    const entries = await this.#journal.entries();
    await this.#journal.remove(
      entries.filter(({ sequence }) => sequence < entry.sequence).map(({ name }) => name),
    );
  }

  async #move({ name, path }: CompleteFile): Promise<void> {
    const from = join(this.#folder.path, name);
    const to = join(this.#options.directory, path);
    try {
      await access(from);
      await mkdir(dirname(to), { recursive: true });
      if (await isThere(to)) {
        await access(from); // an older owner's last call may have moved it
        throw new SinkError(
          `${to} is there already and is of other records: the topic or _hiveframe was made anew. Move it away`,
          { failure: 'unusable' },
        );
      }
      await rename(from, to);
    } catch (error) {
      if (!isMissing(error)) throw error;
      await this.#journal.requireOwnership(error);
      if (await isThere(from)) throw error; // its folder was removed meanwhile; else it was moved before
    }
  }

  /** And of the folders around them, which may be new. Those that are gone were removed by who reads the files. */
  async #syncFoldersOf(files: readonly CompleteFile[]): Promise<void> {
    const folders = new Set<string>();
    for (const { path } of files) {
      for (let at = dirname(path); ; at = dirname(at)) {
        folders.add(at);
        if (at === '.') break;
      }
    }
    for (const folder of folders) {
      await syncFolder(join(this.#options.directory, folder)).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      });
    }
  }

  /** As the journal has them, when they are not there. */
  async #openFiles(): Promise<OpenFiles> {
    if (this.#files !== null) return this.#files;
    const entries = await this.#journal.entries();
    const published = entries.findLast(({ kind }) => kind === 'files');
    if (published !== undefined) {
      await this.#publish(published, (await this.#journal.read(published)).files);
    }
    this.#standsAt = (await this.#journal.read(entries.at(-1)!)).position;
    const live = entries.filter(({ sequence }) => sequence >= (published?.sequence ?? 0));
    await this.#removeStrays(live);
    const files = await this.#gatherAgain(live.filter(({ kind }) => kind === 'rows'));
    this.#files = files;
    const isDeclaredSo = JSON.stringify(files.columns) === JSON.stringify(this.#options.columns);
    if (!isDeclaredSo) await this.#complete();
    else if (!files.isEmpty) this.#startTimer();
    return this.#files ?? (await this.#openFiles());
  }

  async #gatherAgain(entries: readonly EntryName[]): Promise<OpenFiles> {
    let files = this.#newFiles();
    for (const name of entries) {
      const { rows, columns } = await this.#journal.read(name);
      if (rows.length === 0) continue;
      if (files.isEmpty) files = this.#newFiles(columns);
      await files.append(rows);
    }
    return files;
  }

  /** Files that nobody completed, entries that do not count. */
  async #removeStrays(live: readonly EntryName[]): Promise<void> {
    const names = new Set(live.map(({ name }) => name));
    const strays = (await this.#journal.names()).filter((name) => !names.has(name));
    await this.#journal.remove(strays);
  }

  #newFiles(columns = this.#options.columns): OpenFiles {
    const staging = { ...this.#place, folder: this.#folder.path, epoch: this.#folder.epoch };
    return new OpenFiles(columns, staging, this.#options, () => this.#staged++);
  }

  #startTimer(): void {
    if (this.#isRetired) return;
    const complete = () => this.complete().catch(() => undefined); // it was retired meanwhile
    this.#timer ??= setTimeout(() => void complete(), this.#options.maxFileMs).unref();
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** P3 */
  async #settle(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (cause) {
      this.#files = null;
      const error = sinkError(await this.#reasonFor(cause));
      if (error.failure === 'fenced') return;
      const { topic, partition } = this.#place;
      this.#options.logger.log(
        'warn',
        `Cannot complete Parquet files of ${topic}-${partition} in ${this.#options.directory}: ${error.message}. Their rows are kept, and it is tried again.`,
      );
      this.#startTimer();
    }
  }

  async #reasonFor(cause: unknown): Promise<unknown> {
    if (!isMissing(cause)) return cause;
    try {
      await this.#journal.requireOwnership(cause);
      return cause;
    } catch (fenced) {
      return fenced;
    }
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(async () => {
      if (this.#isRetired) throw new SinkError('it was opened again, or closed', { failure: 'fenced' });
      try {
        return await action();
      } catch (error) {
        this.#files = null;
        throw sinkError(error);
      }
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
