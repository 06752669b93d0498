/** Kafka's sliding windows: every set of records of a key that lie within `differenceMs` of each other has its window
 *  (KStreamSlidingWindowAggregate, KIP-450; D7).
 *  L1 The left window of a record ends at it; for a record earlier than `differenceMs` it is [0, differenceMs].
 *  L2 The right window of a record begins 1 ms behind it, and exists when a record lies in it.
 *  L3 A new window begins with the aggregate of the one that holds the same records already: with L1 and L2 there always is one.
 *     So a closed window is kept, and goes on counting in silence, while a window that is still open may grow out of it.
 *  L4 A record that the aggregator refuses counts in none (`in-all-windows.ts`): new windows are made before any counts it. */
import { InAllWindows } from '../in-all-windows.ts';
import { insertWindow, newWindow, type KeyWindow, type KeyWindows } from './key-windows.ts';
import type { ArrivedRecord, RecordAlignedDefinition, WindowLayout } from './window-layout.ts';

type Aggregate = { readonly aggregate: unknown; readonly timestampMs: number };

export class SlidingWindows implements WindowLayout {
  readonly spanMs: number;
  readonly #definition: RecordAlignedDefinition;
  readonly #differenceMs: number;
  readonly #graceMs: number;
  readonly #inAll: InAllWindows;

  constructor(definition: RecordAlignedDefinition, differenceMs: number, graceMs: number) {
    this.#definition = definition;
    this.#differenceMs = differenceMs;
    this.#graceMs = graceMs;
    this.spanMs = differenceMs + graceMs;
    this.#inAll = new InAllWindows(definition.name);
  }

  /** A record at the end still belongs to it. */
  closesAtMs({ endMs }: { readonly endMs: number }): number {
    return endMs + this.#graceMs + 1;
  }

  /** As long as the right window of a record at its end is open. */
  forgetsAtMs({ endMs }: { readonly endMs: number }): number {
    return endMs + 2 + this.spanMs;
  }

  oldestResultMs(watermarkMs: number): number {
    return watermarkMs - this.spanMs;
  }

  resultTimeMs({ timestampMs }: KeyWindow): number {
    return timestampMs;
  }

  add(record: ArrivedRecord, of: KeyWindows, watermarkMs: number): boolean {
    const { timestampMs } = record;
    if (timestampMs + this.spanMs < watermarkMs) return false;
    const { windows } = of;
    const covering = windows.filter(({ startMs, endMs }) => startMs <= timestampMs && timestampMs <= endMs);
    const previousMs = latestBefore(windows, timestampMs);
    const left = this.#leftWindow(record, windows);
    const behind = this.#windowBehind(previousMs, record, windows, left);
    const right = this.#rightWindow(timestampMs, windows, covering.at(-1));
    this.#countInAll(record, covering);
    for (const window of covering) this.#counted(record, window, watermarkMs);
    for (const window of [left, behind, right])
      if (window !== null) this.#insert(window, windows, watermarkMs);
    return true;
  }

  #window(startMs: number, { aggregate, timestampMs }: Aggregate): KeyWindow {
    return newWindow(startMs, startMs + this.#differenceMs, aggregate, timestampMs);
  }

  /** L1: holds what lies between its start and the record, and the record. */
  #leftWindow({ key, value, timestampMs }: ArrivedRecord, windows: readonly KeyWindow[]): KeyWindow | null {
    const startMs = Math.max(0, timestampMs - this.#differenceMs);
    if (beginsAt(windows, startMs)) return null;
    const definition = this.#definition;
    const before = windows.findLast(({ endMs }) => endMs < timestampMs);
    const begun =
      before !== undefined && before.timestampMs >= startMs
        ? definition.copy(before.aggregate)
        : definition.initializer();
    return this.#window(startMs, { aggregate: definition.aggregator(begun, value, key), timestampMs });
  }

  /** L2 for the record: holds what came behind it before it. */
  #rightWindow(
    timestampMs: number,
    windows: readonly KeyWindow[],
    last: KeyWindow | undefined,
  ): KeyWindow | null {
    if (last === undefined || last.timestampMs <= timestampMs) return null;
    if (beginsAt(windows, timestampMs + 1)) return null;
    const aggregate = this.#definition.copy(last.aggregate);
    return this.#window(timestampMs + 1, { aggregate, timestampMs: last.timestampMs });
  }

  /** L2 for the record before: the new one may be the first in its right window. */
  #windowBehind(
    previousMs: number,
    { key, value, timestampMs }: ArrivedRecord,
    windows: readonly KeyWindow[],
    left: KeyWindow | null,
  ): KeyWindow | null {
    const startMs = previousMs + 1;
    if (previousMs < 0 || startMs + this.#differenceMs < timestampMs) return null;
    if (left?.startMs === startMs || beginsAt(windows, startMs)) return null;
    const definition = this.#definition;
    const aggregate = definition.aggregator(definition.initializer(), value, key);
    return this.#window(startMs, { aggregate, timestampMs });
  }

  #countInAll({ key, value }: ArrivedRecord, windows: readonly KeyWindow[]): void {
    const definition = this.#definition;
    if (this.#inAll.triesCopies) {
      const counted = windows.map(({ aggregate }) =>
        definition.aggregator(definition.copy(aggregate), value, key),
      );
      windows.forEach((window, i) => (window.aggregate = counted[i]));
      return;
    }
    let counted = 0;
    try {
      for (; counted < windows.length; counted++)
        windows[counted]!.aggregate = definition.aggregator(windows[counted]!.aggregate, value, key);
    } catch (thrown) {
      throw this.#inAll.refused(thrown, counted);
    }
  }

  #counted({ timestampMs }: ArrivedRecord, window: KeyWindow, watermarkMs: number): void {
    window.timestampMs = Math.max(window.timestampMs, timestampMs);
    if (this.closesAtMs(window) > watermarkMs) window.changed = true;
  }

  #insert(window: KeyWindow, into: KeyWindow[], watermarkMs: number): void {
    if (this.closesAtMs(window) <= watermarkMs) {
      window.changed = false;
      window.emitted = true;
    }
    insertWindow(into, window);
  }
}

function beginsAt(windows: readonly KeyWindow[], startMs: number): boolean {
  return windows.some((window) => window.startMs === startMs);
}

/** The latest record before this time; one that only windows hold that hold later ones too does not matter. */
function latestBefore(windows: readonly KeyWindow[], timestampMs: number): number {
  let latestMs = -1;
  for (const window of windows) {
    if (window.timestampMs < timestampMs && window.timestampMs > latestMs) latestMs = window.timestampMs;
  }
  return latestMs;
}
