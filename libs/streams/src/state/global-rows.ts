import type { Serde, SerdeContext } from '../serde/serde.ts';

/** The rows of a global table, in the memory of this instance: for reading by its tasks, all of which see the same. */
export class GlobalRows {
  readonly #rows = new Map<unknown, unknown>();
  readonly #key: Serde<unknown>;
  readonly #context: SerdeContext;

  constructor(key: Serde<unknown>, topic: string) {
    this.#key = key;
    this.#context = { topic, part: 'key', headers: () => [] };
  }

  get size(): number {
    return this.#rows.size;
  }
  /** null: there is none. */
  find(key: unknown): unknown {
    return this.#rows.get(this.#identify(key)) ?? null;
  }
  /** A null value deletes. */
  set(key: unknown, value: unknown): void {
    if (value === null || value === undefined) this.#rows.delete(this.#identify(key));
    else this.#rows.set(this.#identify(key), value);
  }

  #identify(key: unknown): unknown {
    return typeof key === 'object'
      ? Buffer.from(this.#key.serialize(key, this.#context)).toString('latin1')
      : key;
  }
}
