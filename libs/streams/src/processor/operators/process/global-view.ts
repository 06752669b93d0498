import type { GlobalRows } from '../../../state/global-rows.ts';
import type { GlobalStore } from '../../../topology/stores/store-definition.ts';

/** A global table, as a processor reads it. */
export class GlobalView implements GlobalStore<unknown, unknown> {
  readonly #rows: GlobalRows;

  constructor(rows: GlobalRows) {
    this.#rows = rows;
  }

  get size(): number {
    return this.#rows.size;
  }
  get(key: unknown): unknown {
    return this.#rows.find(key) ?? undefined;
  }
}
