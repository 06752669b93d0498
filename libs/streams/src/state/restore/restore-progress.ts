/** How far the restore of a store partition has come, and how fast it is. */
import type { Clock } from '../../ports/runtime.ts';

/** Told in offsets and in records: offsets count more than records come, because commit markers and what compaction removed have
 *  offsets too, so only they say how much is left; how many records that will be, nobody knows before. */
export interface RestoreProgress {
  readonly taskId: string;
  readonly store: string;
  readonly partition: number;
  /** Changelog offset where this restore began. */
  readonly startOffset: number;
  /** Applied up to here. */
  readonly offset: number;
  /** Here the store is up to date. */
  readonly endOffset: number;
  /** Changelog records applied since `startOffset`. */
  readonly restored: number;
  readonly elapsedMs: number;
  readonly recordsPerSecond: number;
  /** Estimated by what has gone before; null: nothing has yet. */
  readonly remainingMs: number | null;
}

/** started, batch..., then ended; or suspended: the task goes elsewhere or is opened again, and whoever has it goes on from where
 *  the store stands. As `onRestoreSuspended` of Kafka Streams (KIP-869). */
export interface RestoreEvent {
  readonly kind: 'started' | 'batch' | 'ended' | 'suspended';
  readonly progress: RestoreProgress;
  /** Records that this batch applied; else 0. */
  readonly records: number;
}

export type RestoreListener = (event: RestoreEvent) => void;

export interface RestoreMeterOptions {
  readonly taskId: string;
  readonly store: string;
  readonly partition: number;
  readonly startOffset: number;
  readonly endOffset: number;
  readonly clock: Clock;
  readonly onRestore: RestoreListener;
}

/** Counts one restore and tells of it. */
export class RestoreMeter {
  readonly #options: RestoreMeterOptions;
  readonly #startedMs: number;
  #offset: number;
  #restored = 0;
  /** Nothing is told any more: a flush may still come through when the restore was called off. */
  #isOver = false;

  constructor(options: RestoreMeterOptions) {
    this.#options = options;
    this.#offset = options.startOffset;
    this.#startedMs = options.clock.nowMs();
    this.#tell('started');
  }

  applied(records: number, offset: number): void {
    this.#restored += records;
    this.#offset = offset;
    this.#tell('batch', records);
  }
  ended(): void {
    this.#tell('ended');
    this.#isOver = true;
  }
  suspended(): void {
    this.#tell('suspended');
    this.#isOver = true;
  }

  #tell(kind: RestoreEvent['kind'], records = 0): void {
    if (this.#isOver) return;
    this.#options.onRestore({ kind, progress: this.#progress(), records });
  }

  #progress(): RestoreProgress {
    const { taskId, store, partition, startOffset, endOffset, clock } = this.#options;
    const elapsedMs = clock.nowMs() - this.#startedMs;
    const done = this.#offset - startOffset;
    const left = Math.max(0, endOffset - this.#offset);
    return {
      taskId,
      store,
      partition,
      startOffset,
      offset: this.#offset,
      endOffset,
      restored: this.#restored,
      elapsedMs,
      recordsPerSecond: elapsedMs > 0 ? (this.#restored / elapsedMs) * 1_000 : 0,
      remainingMs: done > 0 ? (left / done) * elapsedMs : null,
    };
  }
}
