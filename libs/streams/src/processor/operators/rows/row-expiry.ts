/** Which rows of a table expire when: those that were not written for so long, by stream time (D14). A row's timer is state, and set
 *  anew by each write; one that goes off for a row that was written since does nothing. */
import type { StateStore } from '../../../state/state-store.ts';
import type { Timer } from '../../../state/timer-queue.ts';
import { Timers } from '../../../state/timers.ts';

export class RowExpiry {
  readonly ttlMs: number;
  readonly #timers: Timers;

  /** @param state a window store of doubles, whose retention is the time to live, and whose windows are the buckets of timers: within
   *  one, a row that is written often has one timer */
  constructor(state: StateStore) {
    const { retentionMs, windowSizeMs } = state.declaration;
    this.ttlMs = retentionMs!;
    this.#timers = new Timers(state, windowSizeMs!);
  }

  /** No row expires before the watermark reaches this. */
  get nextMs(): number {
    return this.#timers.nextMs;
  }
  get mustLoad(): boolean {
    return this.#timers.mustLoad;
  }
  load(): Promise<void> {
    return this.#timers.load();
  }

  /** A row of this time has expired already. */
  isOver(timestampMs: number, watermarkMs: number): boolean {
    return timestampMs + this.ttlMs <= watermarkMs;
  }

  /** The row was written. */
  renew(id: unknown, key: unknown, timestampMs: number): void {
    this.#timers.set(timestampMs + this.ttlMs, id, key);
  }

  /** Rows that may have expired by then, in order of time. They must be looked at before the next commit. */
  takeDue(watermarkMs: number): readonly Timer[] {
    return this.#timers.takeDue(watermarkMs);
  }
}
