/** Replays one changelog partition into one store partition, as a pipeline: the reader reads ahead, a slice of records is gathered
 *  while the slice before it is being flushed, and one flush follows the other, each continuing where the former one ended. */
import { RecordCursor } from '../../record-batch/index.ts';
import {
  LogError,
  type FetchedRecords,
  type LogPort,
  type LogReader,
  type TopicPartition,
} from '../../ports/log.ts';
import type { StorePartition } from '../../ports/store.ts';
import { LastWrites } from './last-writes.ts';
import type { RestoreMeter } from './restore-progress.ts';
import type { RestoreTurns } from './restore-turns.ts';

/** Of each replay: several run at once. */
const READ_AHEAD_BYTES = 4 * 1024 * 1024;
/** A slice holds the event loop, and then the store, for some 5 ms: others want both. */
const SLICE_RECORDS = 5_000;
const SLICE_BYTES = 1024 * 1024;
const POLL_MS = 500;

export interface ChangelogReplayOptions {
  readonly log: LogPort;
  readonly changelog: TopicPartition;
  readonly store: string;
  readonly windowed: boolean;
  readonly partition: StorePartition;
  readonly turns: RestoreTurns;
  readonly signal: AbortSignal;
  readonly meter: RestoreMeter;
  /** Where the store stands, and where reading begins: behind it, when the changelog begins later. */
  readonly storeOffset: number;
  readonly startOffset: number;
  readonly endOffset: number;
  /** For a flush that the store refuses. */
  readonly notContinued: () => Error;
}

export class ChangelogReplay {
  readonly #options: ChangelogReplayOptions;
  readonly #cursor = new RecordCursor();
  readonly #writes: LastWrites;
  /** Where the store stands when the flush under way is done. */
  #offset: number;
  #flushing: Promise<void> = Promise.resolve();

  constructor(options: ChangelogReplayOptions) {
    this.#options = options;
    this.#offset = options.storeOffset;
    this.#writes = new LastWrites(options.windowed);
  }

  /** Resolves with the offset the store stands at. What is being flushed when it is called off may still be applied: its offset moves
   *  with it, or a newer owner's epoch refuses it. */
  async run(): Promise<number> {
    const { log, changelog, startOffset, signal } = this.#options;
    const reader = log.reader({ isolation: 'read_committed', maxBufferedBytes: READ_AHEAD_BYTES });
    const calledOff = Promise.withResolvers<never>();
    const callOff = (): void => calledOff.reject(this.#calledOff());
    signal.addEventListener('abort', callOff);
    try {
      signal.throwIfAborted();
      reader.assign(changelog, startOffset);
      await Promise.race([this.#replay(reader), calledOff.promise]);
      return this.#offset;
    } finally {
      signal.removeEventListener('abort', callOff);
      await reader.close();
    }
  }

  async #replay(reader: LogReader): Promise<void> {
    const { endOffset, signal } = this.#options;
    while (this.#offset < endOffset && !signal.aborted) {
      for (const fetched of await reader.poll({ maxWaitMs: POLL_MS })) await this.#apply(fetched);
    }
    await this.#flushing;
  }

  /** The cursor knows only after the last record of a slice whether another one follows. */
  async #apply({ batches, fromOffset, nextOffset }: FetchedRecords): Promise<void> {
    const { turns, signal } = this.#options;
    this.#cursor.reset(batches, fromOffset);
    for (let more = true; more && !signal.aborted;) {
      await turns.slice();
      more = this.#gather();
      await this.#flush(more ? this.#cursor.offset + 1 : nextOffset);
    }
  }

  /** False when the cursor is at its end. */
  #gather(): boolean {
    const writes = this.#writes;
    while (writes.count < SLICE_RECORDS && writes.sizeBytes < SLICE_BYTES) {
      if (!this.#cursor.next()) return false;
      writes.add(this.#cursor);
    }
    return true;
  }

  /** Begins a flush as soon as the one before is done; at most one is under way. */
  async #flush(toOffset: number): Promise<void> {
    const { partition, meter, notContinued } = this.#options;
    await this.#flushing;
    const fromOffset = this.#offset;
    const records = this.#writes.count;
    const flushed = partition.flush({
      writes: this.#writes.take(),
      expireBeforeMs: null,
      fromOffset,
      toOffset,
    });
    this.#offset = toOffset;
    this.#flushing = flushed.then((result) => {
      if (result !== 'applied' && result !== 'alreadyApplied') throw notContinued();
      meter.applied(records, toOffset);
    });
    this.#flushing.catch(() => {}); // whoever waits for it hears of it
  }

  #calledOff(): LogError {
    return new LogError({ kind: 'abortable' }, `The restore of ${this.#options.store} was called off.`);
  }
}
