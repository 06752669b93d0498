/** The journal of a partition: an entry for each write, in the owner's folder. An entry is a file that is there whole or not at all; it
 *  holds rows and the position behind them. `<sequence>-<epoch>.<kind>`:
 *
 *  | kind | what |
 *  |---|---|
 *  | rows | the rows of a write; none, if an owner took over |
 *  | files | complete files that are to be moved to where they are read. They hold the rows of all entries before |
 *
 *  J1 Of entries with one number the highest epoch counts, and none behind an entry of a higher epoch: so an entry by which an owner
 *     took over makes void what an older one may still bring about.
 *  J2 An entry is removed once an entry `files` behind it is done, so the last two are always enough to go on from. */
import { randomUUID } from 'node:crypto';
import { access, readdir, readFile, rename, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { SinkError, type SinkPosition } from '@hiveframe/streams';
import type { Column } from './columns.ts';
import { openFolder, writeDurably } from './durable.ts';
import { isMissing } from './failures.ts';
import type { CompleteFile } from './open-files.ts';
import type { OwnerFolder } from './owner-folder.ts';
import type { RowsOfPath } from './rows.ts';

export interface JournalEntry {
  readonly position: SinkPosition | null;
  /** As they were declared when the rows were written. */
  readonly columns: readonly Column[];
  readonly rows: readonly RowsOfPath[];
  readonly files: readonly CompleteFile[];
}
export interface EntryName {
  readonly sequence: number;
  readonly epoch: number;
  readonly kind: 'rows' | 'files';
  readonly name: string;
}

const ENTRY = /^(\d+)-(\d+)\.(rows|files)$/;
/** Of what v8 makes of an entry; raised when its form changes. */
const VERSION = 1;

export class Journal {
  readonly #folder: OwnerFolder;
  /** Stays the folder's when others rename it: what took place is on disk even then. */
  readonly #handle: FileHandle;
  #last: EntryName | null = null;

  static async open(folder: OwnerFolder): Promise<Journal> {
    const journal = new Journal(folder, await openFolder(folder.path));
    try {
      await journal.entries();
      return journal;
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  private constructor(folder: OwnerFolder, handle: FileHandle) {
    this.#folder = folder;
    this.#handle = handle;
  }

  get last(): EntryName | null {
    return this.#last;
  }

  /** Those that count, in order (J1). */
  async entries(): Promise<EntryName[]> {
    const entries = countingEntries(await this.names());
    this.#last = entries.at(-1) ?? null;
    return entries;
  }

  names(): Promise<string[]> {
    return this.#owned(() => readdir(this.#folder.path));
  }

  async read({ name }: EntryName): Promise<JournalEntry> {
    const bytes = await this.#owned(() => readFile(join(this.#folder.path, name)));
    const { version, entry } = deserialize(bytes) as { version: number; entry: JournalEntry };
    if (version === VERSION) return entry;
    throw new SinkError(`${join(this.#folder.path, name)} was written by another version of the sink`, {
      failure: 'unusable',
    });
  }

  /** @throws SinkError fenced, and then it is not there */
  async append(kind: EntryName['kind'], entry: JournalEntry): Promise<void> {
    const { path, epoch } = this.#folder;
    const sequence = (this.#last?.sequence ?? 0) + 1;
    const name = `${String(sequence).padStart(12, '0')}-${epoch}.${kind}`;
    const temporary = join(path, `${epoch}-${randomUUID()}.tmp`);
    await this.#owned(async () => {
      if (this.#last !== null) await access(join(path, this.#last.name));
      await writeDurably(temporary, serialize({ version: VERSION, entry }));
      await rename(temporary, join(path, name));
    });
    this.#last = { sequence, epoch, kind, name };
    await this.#handle.sync();
  }

  async remove(names: readonly string[]): Promise<void> {
    await this.#owned(async () => {
      await Promise.all(names.map((name) => unlink(join(this.#folder.path, name))));
    });
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** A name that is gone says that the folder is called otherwise by now: another owner has it. */
  async #owned<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      if (!isMissing(error)) throw error;
      await this.requireOwnership(error);
      throw new SinkError(`files of ${this.#folder.path} are gone: it was brought back to an older state`, {
        cause: error,
      });
    }
  }

  /** @throws SinkError fenced */
  async requireOwnership(cause: unknown): Promise<void> {
    try {
      await access(this.#folder.path);
    } catch {
      throw new SinkError(`another owner has taken over ${this.#folder.path}`, { cause, failure: 'fenced' });
    }
  }
}

function countingEntries(names: readonly string[]): EntryName[] {
  const entries = names.flatMap((name): EntryName[] => {
    const [, sequence, epoch, kind] = ENTRY.exec(name) ?? [];
    if (sequence === undefined) return [];
    return [{ sequence: Number(sequence), epoch: Number(epoch), kind: kind as EntryName['kind'], name }];
  });
  entries.sort((a, b) => a.sequence - b.sequence || b.epoch - a.epoch);
  const counting: EntryName[] = [];
  for (const entry of entries) {
    const before = counting.at(-1);
    if (before !== undefined && (entry.sequence === before.sequence || entry.epoch < before.epoch)) continue;
    counting.push(entry);
  }
  return counting;
}
