/** Schemas that cannot be read, and why: kept for a while, so that a topic full of them does not ask the registry for each record. */

/** Damaged bytes may have any id. */
const MAX_KEPT = 1_000;

interface Refusal {
  readonly reason: string;
  readonly untilMs: number;
}

export class Refusals {
  readonly #keptMs: number;
  readonly #nowMs: () => number;
  /** By schema id, the oldest first. */
  readonly #refusals = new Map<number, Refusal>();

  constructor(keptMs: number, nowMs: () => number = () => performance.now()) {
    this.#keptMs = keptMs;
    this.#nowMs = nowMs;
  }

  add(schemaId: number, reason: string): void {
    this.#refusals.delete(schemaId);
    this.#refusals.set(schemaId, { reason, untilMs: this.#nowMs() + this.#keptMs });
    if (this.#refusals.size > MAX_KEPT) this.#refusals.delete(this.#refusals.keys().next().value!);
  }

  /** null: it was not refused, or that is long ago. */
  reason(schemaId: number): string | null {
    const refusal = this.#refusals.get(schemaId);
    return refusal === undefined || refusal.untilMs < this.#nowMs() ? null : refusal.reason;
  }
}
