/** What operators behind a table ask of those before it, while the topology is declared. */
import type { AggregatePassing } from '../../processor/operators/aggregate.ts';
import { storedRows, type Rows } from '../../processor/operators/row-reader.ts';
import { historyOf, versionedRows } from '../../processor/operators/rows/versioned-rows.ts';
import type { Passing } from '../../processor/operators/table.ts';

/** The store of a table; `storedAs` may still name it. */
export interface NamedStore {
  name: string;
}

export interface TableOrigin {
  /** Each row is to be passed on with the one before it. */
  requirePrevious(): void;
  /** The entries of these stores, under the row's key, are to be at hand when it is passed on. */
  requireAtHand(stores: readonly NamedStore[]): void;
  /** A store behind keeps the rows: those that a function refuses are to leave it. Left out: none is refused here. */
  noteKept?(): void;
}

/** Where the rows of a table are, and who passes them on. */
export interface TableBacking {
  readonly origin: TableOrigin;
  /** Their entries, under the row's key, are all that a row is made of. */
  readonly stores: readonly NamedStore[];
  readonly rows: Rows;
  /** Of what the rows were; null: that is not kept. */
  readonly history: History | null;
}

export interface History {
  readonly name: string;
  readonly retentionMs: number;
}

/** An operator that keeps the rows itself: a record waits there until all is at hand that those behind it read. */
export class TableHead implements TableOrigin {
  readonly store: NamedStore;
  readonly #historyMs: number | null;
  #withPrevious = false;
  readonly #companions = new Set<NamedStore>();

  /** @param historyMs how long it is kept what rows were; null: it is not */
  constructor(store: NamedStore, historyMs: number | null = null) {
    this.store = store;
    this.#historyMs = historyMs;
  }

  requirePrevious(): void {
    this.#withPrevious = true;
  }
  requireAtHand(stores: readonly NamedStore[]): void {
    for (const store of stores) if (store !== this.store) this.#companions.add(store);
  }

  /** Final when the graph is built. */
  get passing(): AggregatePassing {
    const companions = Array.from(this.#companions, ({ name }) => name);
    return { withPrevious: this.#withPrevious, companions };
  }

  get backing(): TableBacking {
    const { store } = this;
    const retentionMs = this.#historyMs;
    if (retentionMs === null)
      return { origin: this, stores: [store], rows: storedRows(store), history: null };
    return {
      origin: this,
      stores: [store],
      rows: versionedRows(store),
      history: historyOf(store, retentionMs),
    };
  }
}

/** An operator without a store of its own: it passes on to those before it what is asked of it. */
export class PassingTable implements TableOrigin {
  readonly #before: readonly TableOrigin[];
  #withPrevious = false;
  #isKept = false;

  constructor(before: readonly TableOrigin[]) {
    this.#before = before;
  }

  requirePrevious(): void {
    this.#withPrevious = true;
    for (const table of this.#before) table.requirePrevious();
  }
  requireAtHand(stores: readonly NamedStore[]): void {
    for (const table of this.#before) table.requireAtHand(stores);
  }
  noteKept(): void {
    this.#isKept = true;
    for (const table of this.#before) table.noteKept?.();
  }

  /** Final when the graph is built. */
  get passing(): Passing {
    return { withPrevious: this.#withPrevious, isKept: this.#isKept };
  }
}

/** An operator that holds rows back: it knows the row that was passed on before, and waits for what those behind it read. */
export class SuppressedTable implements TableOrigin {
  readonly #store: NamedStore;
  readonly #before: TableOrigin | null;
  readonly #companions = new Set<NamedStore>();

  constructor(store: NamedStore, before: TableOrigin | null) {
    this.#store = store;
    this.#before = before;
  }

  requirePrevious(): void {
    this.#before?.requirePrevious();
  }
  requireAtHand(stores: readonly NamedStore[]): void {
    for (const store of stores) if (store !== this.#store) this.#companions.add(store);
  }

  /** Final when the graph is built. */
  get companions(): readonly string[] {
    return Array.from(this.#companions, ({ name }) => name);
  }
}
