interface Kept<V> {
  readonly value: V;
  readonly expiresMs: number;
}

/** Values that are good for some time; of too many, those that were not asked for the longest go. */
export class TtlCache<V> {
  /** Least recently used first. */
  readonly #kept = new Map<unknown, Kept<V>>();
  readonly #maxEntries: number;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** undefined: there is none, or no longer. */
  get(key: unknown, nowMs: number): Kept<V> | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    this.#kept.delete(key);
    if (kept.expiresMs <= nowMs) return undefined;
    this.#kept.set(key, kept);
    return kept;
  }

  set(key: unknown, value: V, expiresMs: number): void {
    this.#kept.delete(key);
    this.#kept.set(key, { value, expiresMs });
    if (this.#kept.size <= this.#maxEntries) return;
    const [leastUsed] = this.#kept.keys();
    this.#kept.delete(leastUsed);
  }
}
