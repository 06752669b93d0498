import type { Pacing } from '../runtime/pacing.ts';

/** Records between two looks at the clock, while they are quick. */
const MAX_STRIDE = 16;
/** A stride that took longer is followed by one of a single record. */
const QUICK_MS = 1;

/** Says when a task's turn is over. A look at the clock costs a tenth of a quick record, so there is one before each record only
 *  where records are slow, and every few records where they are not. */
export class TurnTimer {
  readonly #pacing: Pacing;
  #stride = 1;
  #toGo = 1;
  #lookedMs = 0;

  constructor(pacing: Pacing) {
    this.#pacing = pacing;
  }

  /** Asked once per record. @param untilMs of the pacing */
  isOver(untilMs: number): boolean {
    if (--this.#toGo > 0) return false;
    const nowMs = this.#pacing.elapsedMs();
    this.#stride = nowMs - this.#lookedMs < QUICK_MS ? Math.min(this.#stride * 2, MAX_STRIDE) : 1;
    this.#toGo = this.#stride;
    this.#lookedMs = nowMs;
    return nowMs >= untilMs;
  }
}
