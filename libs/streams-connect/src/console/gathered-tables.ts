/** Rows on their way to a table: those of one window end may come in several writes, from several partitions.
 *  G1 A table is printed when no row came for it for `settleMs`, and at the latest `maxWaitMs` after its first row.
 *  G2 Tables of one topic are printed in the order of their windows.
 *  G3 A row replaces an earlier one of the same key and window that is not printed yet (updates). */
import type { Clock } from '@hiveframe/streams';
import { identityOf, type Row } from './row.ts';

/** The rows of one topic that belong in one table. */
export interface GatheredTable {
  readonly topic: string;
  /** null: records that belong to no window. */
  readonly windowEndMs: number | null;
  readonly rows: readonly Row[];
}

export interface GatherOptions {
  readonly settleMs: number;
  readonly maxWaitMs: number;
  readonly clock: Clock;
  /** What it throws is thrown by the next `add` or `flush`; the table is kept. */
  readonly print: (table: GatheredTable) => void;
}

/** A table with more is printed at once, so that memory stays bounded. */
const MAX_ROWS = 10_000;

class Gathering {
  readonly topic: string;
  readonly windowEndMs: number | null;
  readonly #rows = new Map<string | symbol, Row>();
  readonly #firstMs: number;
  #lastMs: number;

  constructor(topic: string, windowEndMs: number | null, nowMs: number) {
    this.topic = topic;
    this.windowEndMs = windowEndMs;
    this.#firstMs = this.#lastMs = nowMs;
  }

  add(row: Row, nowMs: number): void {
    this.#rows.set(identityOf(row) ?? Symbol('row'), row);
    this.#lastMs = nowMs;
  }
  get isFull(): boolean {
    return this.#rows.size >= MAX_ROWS;
  }
  dueMs({ settleMs, maxWaitMs }: GatherOptions): number {
    return Math.min(this.#lastMs + settleMs, this.#firstMs + maxWaitMs);
  }
  finished(): GatheredTable {
    return { topic: this.topic, windowEndMs: this.windowEndMs, rows: [...this.#rows.values()] };
  }
}

export class GatheredTables {
  readonly #options: GatherOptions;
  readonly #tables = new Map<string, Gathering>();
  #waiting: AbortController | null = null;
  #failure: { readonly error: unknown } | null = null;

  constructor(options: GatherOptions) {
    this.#options = options;
  }

  add(topic: string, row: Row): void {
    this.#throwFailure();
    const windowEndMs = row.window?.endMs ?? null;
    const id = `${windowEndMs} ${topic}`;
    const nowMs = this.#options.clock.nowMs();
    let table = this.#tables.get(id);
    if (table === undefined) this.#tables.set(id, (table = new Gathering(topic, windowEndMs, nowMs)));
    table.add(row, nowMs);
    if (table.isFull) this.#print(id, table);
    else if (this.#waiting === null) this.#startWaiting();
  }

  /** Prints what is there. */
  flush(): void {
    this.#waiting?.abort();
    this.#waiting = null;
    for (const [id, table] of this.#inOrder()) this.#print(id, table);
  }

  #startWaiting(): void {
    const waiting = (this.#waiting = new AbortController());
    this.#printWhenDue(waiting.signal).catch((error: unknown) => {
      this.#failure = { error };
      this.#waiting = null;
    });
  }

  #throwFailure(): void {
    const failure = this.#failure;
    this.#failure = null;
    if (failure !== null) throw failure.error;
  }

  async #printWhenDue(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (this.#tables.size > 0) {
      const dueMs = Math.min(...this.#heads().map(([, table]) => table.dueMs(this.#options)));
      await clock.delay(dueMs - clock.nowMs(), signal);
      if (signal.aborted) return;
      this.#printDue();
    }
    this.#waiting = null;
  }

  #printDue(): void {
    const nowMs = this.#options.clock.nowMs();
    const isDue = ([, table]: [string, Gathering]) => table.dueMs(this.#options) <= nowMs;
    for (let due = this.#heads().find(isDue); due !== undefined; due = this.#heads().find(isDue)) {
      this.#print(...due);
    }
  }

  /** The table of each topic that is printed next. */
  #heads(): [string, Gathering][] {
    const heads = new Map<string, [string, Gathering]>();
    for (const entry of this.#inOrder()) {
      const { topic } = entry[1];
      if (!heads.has(topic)) heads.set(topic, entry);
    }
    return [...heads.values()];
  }

  #print(id: string, table: Gathering): void {
    this.#options.print(table.finished());
    this.#tables.delete(id);
  }

  #inOrder(): [string, Gathering][] {
    const end = ({ windowEndMs }: Gathering) => windowEndMs ?? -Infinity;
    return [...this.#tables].sort(([, a], [, b]) => end(a) - end(b));
  }
}
