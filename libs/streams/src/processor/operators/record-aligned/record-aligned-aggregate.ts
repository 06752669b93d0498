/** Aggregation in windows that records decide (sessions, sliding): one state entry per key holds its open windows, a timer per key
 *  says when the next of them is over.
 *  R1 Before a record counts, what its own watermark has passed is closed for its key: so the result is the same whether or not
 *     records had to wait for state.
 *  R2 `final`: one result when a window closes; `updates`: the changed windows at each commit, after deletions of those that went
 *     into others. The last change of a window is passed on before it is forgotten. `{ everyMs }`: the changed windows of a key when
 *     the watermark reaches the end of the interval of time they changed in (E1 and E2 of `EarlyResults` hold here too), and each
 *     once when it closes. The key's timer goes off for both. */
import type { StoreDeclaration } from '../../../topology/graph.ts';
import type { StateEntry, StateStore } from '../../../state/state-store.ts';
import { Timers } from '../../../state/timers.ts';
import type { Holder, Next, Operator, OperatorContext } from '../../operator.ts';
import type { WindowedAggregateOptions } from '../aggregate-definition.ts';
import type { Emit } from '../../../time/window.ts';
import { DueEntries, type DueEntry } from '../due-entries.ts';
import { intervalStartMs } from '../early-results.ts';
import { lateRecords } from '../late-records.ts';
import { ParkedRecords, type ParkedRecord } from '../parked-records.ts';
import { noWindows, type KeyWindow, type KeyWindows } from './key-windows.ts';
import type { RecordAlignedDefinition, WindowLayout } from './window-layout.ts';

export type RecordAlignedOptions = Pick<WindowedAggregateOptions, 'emit' | 'late'>;

/** Buckets of timers that one span of time is cut into. */
const BUCKETS_PER_SPAN = 8;

export interface RecordAlignedStores {
  readonly windows: StoreDeclaration;
  readonly timers: StoreDeclaration;
}

export function recordAlignedAggregate(
  definition: RecordAlignedDefinition,
  layout: WindowLayout,
  stores: RecordAlignedStores,
  options: RecordAlignedOptions,
): Operator {
  return {
    build(context, next, sides) {
      const bucketMs = Math.ceil((layout.spanMs + 1) / BUCKETS_PER_SPAN);
      const aggregate = new RecordAlignedAggregate(definition, layout, options.emit, {
        context,
        next,
        late: lateRecords(definition.name, context, options.late, sides[0]),
        state: context.store(stores.windows.name),
        timers: new Timers(context.store(stores.timers.name), bucketMs),
      });
      context.hold(aggregate);
      context.onWatermark((watermarkMs) => aggregate.advance(watermarkMs));
      context.beforeCommit(() => aggregate.emitUpdates());
      context.limitTime(() => aggregate.ceilingMs);
      return (key, value, timestampMs) => aggregate.receive(key, value, timestampMs);
    },
  };
}

interface Surroundings {
  readonly context: OperatorContext;
  readonly next: Next;
  readonly late: Next;
  readonly state: StateStore;
  readonly timers: Timers;
}

type Entry = StateEntry<KeyWindows>;
type Arrived = Pick<ParkedRecord, 'key' | 'value' | 'timestampMs' | 'watermarkMs'>;
/** A timer that went off, and the watermark that set it off. */
type Due = DueEntry & { readonly watermarkMs: number };

class RecordAlignedAggregate implements Holder {
  readonly limit = 1;
  readonly #definition: RecordAlignedDefinition;
  readonly #layout: WindowLayout;
  readonly #emit: Emit;
  readonly #around: Surroundings;
  readonly #parked: ParkedRecords;
  readonly #due = new DueEntries<Due>((due) => this.#goOff(due));
  /** Every window that closes up to here was passed on. */
  #doneToMs = -Infinity;
  /** The watermark when the oldest change came that is not emitted yet (`updates`). */
  #pendingSinceMs = Infinity;

  constructor(definition: RecordAlignedDefinition, layout: WindowLayout, emit: Emit, around: Surroundings) {
    this.#definition = definition;
    this.#layout = layout;
    this.#emit = emit;
    this.#around = around;
    this.#parked = new ParkedRecords(around.context, around.state, {
      process: (record) => this.#add(record),
    });
  }

  get held(): number {
    return this.#parked.held + this.#due.held + (this.#around.timers.mustLoad ? 1 : 0);
  }
  get isFull(): boolean {
    return this.#parked.isFull;
  }

  /** Results to come have times from here on: see `limitTime`. */
  get ceilingMs(): number {
    return Math.min(this.#oldestResultMs, this.#parked.oldestWatermarkMs);
  }

  get #oldestResultMs(): number {
    if (this.#emit === 'updates') return this.#pendingSinceMs;
    const atCloseMs = this.#layout.oldestResultMs(this.#doneToMs);
    if (this.#emit === 'final') return atCloseMs;
    return Math.min(atCloseMs, intervalStartMs(this.#emit.everyMs, this.#doneToMs));
  }

  receive(key: unknown, value: unknown, timestampMs: number): void {
    const { context, state, timers } = this.#around;
    const { watermarkMs } = context.time;
    if (watermarkMs >= timers.nextMs) this.advance(watermarkMs);
    const segment = state.segment(null);
    const id = state.identify(key);
    if (this.held === 0 && state.isKnown(segment, id)) {
      this.#add({ key, value, timestampMs, watermarkMs });
      return;
    }
    this.#parked.want(segment, id, key);
    this.#parked.park(key, value, timestampMs);
  }

  #add({ key, value, timestampMs, watermarkMs }: Arrived): void {
    const { context, state, late } = this.#around;
    const id = state.identify(key);
    const known = state.segment(null).entries.get(id) as Entry | undefined;
    if (known !== undefined) this.#advanceKey(known, id, watermarkMs);
    context.entered(this.#definition.name);
    const windows = known?.value ?? noWindows();
    if (!this.#layout.add({ key, value, timestampMs }, windows, watermarkMs)) {
      late(key, value, timestampMs);
      return;
    }
    const entry = this.#stored(id, key, windows);
    if (timestampMs > entry.timestampMs) entry.timestampMs = timestampMs;
    this.#noteChange(entry.value, watermarkMs);
    this.#setTimer(entry, id);
    if (watermarkMs < this.#pendingSinceMs) this.#pendingSinceMs = watermarkMs;
  }

  /** The entry may be new, or gone since it was looked for: its last windows may just have been forgotten. */
  #stored(id: unknown, key: unknown, windows: KeyWindows): Entry {
    const { state } = this.#around;
    const segment = state.segment(null);
    const entry = (segment.entries.get(id) as Entry | undefined) ?? state.create(segment, id, key, windows);
    state.touch(entry);
    return entry;
  }

  /** What changed in an interval of time is due at its end, however often it changes until then. */
  #noteChange(of: KeyWindows, watermarkMs: number): void {
    if (typeof this.#emit === 'string') return;
    for (const window of of.windows)
      // a sliding window may be over when it comes into being
      if (this.#layout.closesAtMs(window) <= watermarkMs) window.closed = true;
    if (of.giveAtMs !== Infinity) return;
    if (of.retracted.length === 0 && !of.windows.some(({ changed }) => changed)) return;
    const { everyMs } = this.#emit;
    of.giveAtMs = intervalStartMs(everyMs, watermarkMs) + everyMs;
  }

  #setTimer(entry: Entry, id: unknown): void {
    const dueMs = this.#nextDueMs(entry.value);
    if (dueMs >= entry.value.timerMs) return;
    entry.value.timerMs = dueMs;
    this.#around.timers.set(dueMs, id, entry.key);
  }

  #nextDueMs({ windows, giveAtMs }: KeyWindows): number {
    let dueMs = giveAtMs;
    for (const window of windows) {
      const atMs = this.#waitsForClose(window)
        ? this.#layout.closesAtMs(window)
        : this.#layout.forgetsAtMs(window);
      if (atMs < dueMs) dueMs = atMs;
    }
    return dueMs;
  }

  /** It gives a result when it closes, whether it changed or not. */
  #waitsForClose({ emitted, closed }: KeyWindow): boolean {
    if (this.#emit === 'updates') return false;
    return this.#emit === 'final' ? !emitted : !closed;
  }

  /** Closes and forgets what the watermark has passed. */
  advance(watermarkMs: number): void {
    const { state, timers } = this.#around;
    if (this.held > 0) return; // first those that came before: `drain` comes back here
    const due = watermarkMs >= timers.nextMs ? timers.takeDue(watermarkMs) : [];
    const segment = state.segment(null);
    for (const { id, key } of due) this.#due.add({ state, segment, id, key, watermarkMs });
    if (this.held === 0) this.#doneToMs = watermarkMs;
  }

  #goOff({ segment, id, watermarkMs }: Due): void {
    const entry = segment.entries.get(id) as Entry | undefined;
    if (entry !== undefined) this.#advanceKey(entry, id, watermarkMs);
  }

  /** What is due or over by this watermark is passed on, in the order in which time reached it; what can be forgotten goes. */
  #advanceKey(entry: Entry, id: unknown, watermarkMs: number): void {
    const { state } = this.#around;
    const of = entry.value;
    const isOver = (window: KeyWindow): boolean => this.#layout.closesAtMs(window) <= watermarkMs;
    if (of.timerMs > watermarkMs && !of.windows.some(isOver)) return;
    if (of.giveAtMs <= watermarkMs) this.#giveEarly(entry);
    this.#give(entry, this.#close(of, watermarkMs), false);
    of.windows = of.windows.filter((window) => this.#layout.forgetsAtMs(window) > watermarkMs);
    if (of.timerMs <= watermarkMs) of.timerMs = Infinity;
    this.#setTimer(entry, id);
    if (of.windows.length === 0 && of.retracted.length === 0) state.remove(entry);
    else state.touch(entry);
  }

  /** Those that closed by the multiple are given as closed ones, the others if they changed: wherever the watermark is by now. */
  #giveEarly(entry: Entry): void {
    const of = entry.value;
    const closing = this.#close(of, of.giveAtMs);
    of.giveAtMs = Infinity;
    const given = of.windows.filter(
      (window) => closing.includes(window) || (!window.closed && window.changed),
    );
    this.#give(entry, given, true);
  }

  /** Those that are over by then and were not passed on as they are. */
  #close({ windows }: KeyWindows, watermarkMs: number): readonly KeyWindow[] {
    const over = windows.filter((window) => this.#layout.closesAtMs(window) <= watermarkMs);
    const unseen = over.filter((window) => this.#isUnseen(window));
    if (typeof this.#emit === 'object') for (const window of over) window.closed = true;
    return unseen;
  }

  /** Of a window that is over. */
  #isUnseen(window: KeyWindow): boolean {
    return this.#emit === 'updates' ? window.changed : this.#waitsForClose(window);
  }

  /** Results that no input record stands behind, after the deletions of windows that went into others.
   *  @param takesBack also without a result behind them */
  #give(entry: Entry, windows: readonly KeyWindow[], takesBack: boolean): void {
    if (windows.length === 0 && !takesBack) return;
    this.#around.context.record.without(() => {
      for (const span of entry.value.retracted.splice(0)) this.#result(entry, span, span.endMs, () => null);
      for (const window of windows) {
        window.emitted = true;
        window.changed = false;
        this.#result(entry, window, this.#layout.resultTimeMs(window), () =>
          this.#definition.result(window.aggregate, entry.key, spanOf(window)),
        );
      }
    });
  }

  /** A result that fails further down must not keep others from being given. */
  #result(entry: Entry, window: KeyWindow | Span, timestampMs: number, value: () => unknown): void {
    const { context, next, state } = this.#around;
    try {
      next({ key: entry.key, window: spanOf(window) }, value(), timestampMs);
    } catch (thrown) {
      context.resultFailed(thrown, state.capture(entry, context.partition));
    }
  }

  emitUpdates(): void {
    if (this.#emit !== 'updates') return;
    for (const entry of [...this.#around.state.dirty] as Entry[]) {
      if (entry.removed) continue;
      const of = entry.value;
      const changed = of.windows.filter((window) => window.changed);
      this.#give(entry, changed, true);
      if (of.windows.length === 0) this.#around.state.remove(entry);
    }
    this.#pendingSinceMs = Infinity;
  }

  async drain(): Promise<void> {
    do {
      await this.#around.timers.load();
      await this.#due.drain();
      await this.#parked.drain();
      this.advance(this.#around.context.time.watermarkMs);
    } while (this.held > 0);
  }

  room(): Promise<void> {
    return this.drain();
  }
}

interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

function spanOf({ startMs, endMs }: Span): Span {
  return { startMs, endMs };
}
