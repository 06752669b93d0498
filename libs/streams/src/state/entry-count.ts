/** How many entries a store partition has. The store is asked when somebody wants to know, and not again for a while. */
import type { StoreReader } from '../ports/store.ts';

const ASK_AGAIN_MS = 10_000;

export class EntryCount {
  #reader: StoreReader | null = null;
  #known: number | null = null;
  #askedMs = -Infinity;

  of(reader: StoreReader): void {
    this.#reader = reader;
    this.#known = null;
    this.#askedMs = -Infinity;
  }

  /** As last answered; null: not yet, or the store cannot tell. The first call asks, the next ones know. */
  now(): number | null {
    const nowMs = performance.now();
    if (this.#reader?.countEntries !== undefined && nowMs - this.#askedMs >= ASK_AGAIN_MS) {
      this.#askedMs = nowMs;
      void this.#ask(this.#reader);
    }
    return this.#known;
  }

  /** A store that is away is told of by whoever needs it; what was known stays. */
  async #ask(reader: StoreReader): Promise<void> {
    try {
      const count = await reader.countEntries!();
      if (reader === this.#reader) this.#known = count;
    } catch {
      // see above
    }
  }
}
