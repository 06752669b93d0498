/** Aggregation in tumbling and hopping windows (Kafka Streams: KStreamWindowAggregate).
 *  A1 A record counts in a window iff windowEnd + grace > watermark (D1), judged for each of its windows; late in all: late.
 *  A2 `final`: one result when the watermark passes windowEnd + grace; `updates`: the changed windows at each commit,
 *     and the last change of a window before it is forgotten; `{ everyMs }`: see `EarlyResults`, and one result at the close.
 *  A3 A closed window is forgotten when its retention has passed, by watermark (D14).
 *  A4 A record that the aggregator refuses in one of its windows counts in none (`in-all-windows.ts`). */
import type { StoreDeclaration } from '../../topology/graph.ts';
import type { Holder, Next, Operator, OperatorContext } from '../operator.ts';
import type { StateEntry, StateSegment, StateStore } from '../../state/state-store.ts';
import type { AggregateDefinition, WindowedAggregateOptions } from './aggregate-definition.ts';
import { EarlyResults } from './early-results.ts';
import { InAllWindows } from './in-all-windows.ts';
import { lateRecords } from './late-records.ts';
import { ParkedRecords, type ParkedRecord } from './parked-records.ts';

type Definition = AggregateDefinition<unknown, unknown, unknown, unknown>;

export function windowedAggregate<K, V, A, R>(
  definition: AggregateDefinition<K, V, A, R>,
  store: StoreDeclaration,
  options: WindowedAggregateOptions,
): Operator {
  const inAll = new InAllWindows(definition.name);
  return {
    build(context, next, sides) {
      const retentionMs = Math.max(store.retentionMs ?? 0, options.sizeMs + options.graceMs);
      const windows = new WindowedAggregate(definition as Definition, options, retentionMs, {
        context,
        next,
        late: lateRecords(definition.name, context, options.late, sides[0]),
        state: context.store(store.name),
        inAll,
      });
      context.hold(windows);
      context.onWatermark((watermarkMs) => windows.advance(watermarkMs));
      context.beforeCommit(() => windows.emitUpdates());
      context.limitTime(() => windows.ceilingMs);
      return (key, value, timestampMs) => windows.receive(key, value, timestampMs);
    },
  };
}

interface Surroundings {
  readonly context: OperatorContext;
  readonly next: Next;
  readonly late: Next;
  readonly state: StateStore;
  readonly inAll: InAllWindows;
}

class WindowedAggregate implements Holder {
  readonly limit = 1;
  readonly #definition: Definition;
  readonly #options: WindowedAggregateOptions;
  readonly #around: Surroundings;
  readonly #context: OperatorContext;
  readonly #state: StateStore;
  readonly #tumbling: boolean;
  readonly #sizeMs: number;
  /** From the start of a window to its close. */
  readonly #openMs: number;
  readonly #retentionMs: number;
  readonly #parked: ParkedRecords;
  /** Windows whose result is due but whose entries are not all in the cache. */
  #closing: StateSegment[] = [];
  readonly #closed = new Set<StateSegment>();
  /** null: none are given before a window closes, but for those that follow the commits. */
  readonly #early: EarlyResults | null;
  /** Nothing is due before the watermark reaches this: no window closes, and no early result. */
  #nextDueMs = -Infinity;
  /** The window of the record before: most records fall into the same. */
  #lastStartMs = -1;
  #last: StateSegment | null = null;
  #hasBegun = false;
  /** Every window that closes up to here was passed on. */
  #doneToMs = -Infinity;
  /** The watermark when the oldest change came that is not emitted yet (`updates`). */
  #pendingSinceMs = Infinity;

  constructor(
    definition: Definition,
    options: WindowedAggregateOptions,
    retentionMs: number,
    around: Surroundings,
  ) {
    this.#definition = definition;
    this.#options = options;
    this.#around = around;
    this.#context = around.context;
    this.#state = around.state;
    this.#tumbling = options.advanceMs === options.sizeMs;
    this.#sizeMs = options.sizeMs;
    this.#openMs = options.sizeMs + options.graceMs;
    this.#retentionMs = retentionMs;
    this.#early = typeof options.emit === 'object' ? this.#earlyResults(options.emit.everyMs) : null;
    this.#parked = new ParkedRecords(around.context, around.state, {
      before: ({ watermarkMs }) => this.#giveEarlyBefore(watermarkMs),
      process: (record) => this.#resume(record),
    });
  }

  #earlyResults(everyMs: number): EarlyResults {
    const { state, context } = this.#around;
    return new EarlyResults({
      state,
      everyMs,
      record: context.record,
      isOpen: (segment, endMs) => this.#closesAtMs(segment.id as number) > endMs,
      give: (entry) => this.#emit(entry),
    });
  }

  /** Windows that the committed watermark had passed were emitted by that commit: not again (D10). Asked at the first use, when
   *  the operators before this one can tell their time. */
  #begin(watermarkMs: number): void {
    this.#hasBegun = true;
    this.#doneToMs = watermarkMs;
    this.#early?.begin(watermarkMs);
    for (const segment of this.#state.segments.values()) {
      if (this.#closesAtMs(segment.id as number) <= watermarkMs) this.#closed.add(segment);
    }
  }

  /** Final results are passed on when the watermark reaches the end of their window and the grace; what is parked, closing or not
   *  emitted yet goes out with times from then on. */
  get ceilingMs(): number {
    const { emit, graceMs } = this.#options;
    const results = emit === 'updates' ? this.#pendingSinceMs : this.#doneToMs - graceMs;
    return Math.min(results, this.#early?.ceilingMs ?? Infinity, this.#parked.oldestWatermarkMs);
  }

  get held(): number {
    return this.#parked.held + this.#closing.length + (this.#early?.held ?? 0);
  }
  get isFull(): boolean {
    return this.#parked.isFull;
  }
  /** Nothing may change in a record's windows before something else has happened. */
  get #mustPark(): boolean {
    return this.#parked.held > 0 || (this.#early !== null && this.#early.held > 0);
  }

  receive(key: unknown, value: unknown, timestampMs: number): void {
    const { watermarkMs } = this.#context.time;
    if (watermarkMs >= this.#nextDueMs) this.advance(watermarkMs);
    if (this.#tumbling) this.#receiveTumbling(key, value, timestampMs, watermarkMs);
    else this.#receiveHopping(key, value, timestampMs, watermarkMs);
  }

  #receiveTumbling(key: unknown, value: unknown, timestampMs: number, watermarkMs: number): void {
    const startMs = this.#startOf(timestampMs);
    if (this.#closesAtMs(startMs) <= watermarkMs) return this.#around.late(key, value, timestampMs);
    const segment = this.#segment(startMs);
    const id = typeof key === 'object' ? this.#state.identify(key) : key;
    if (!this.#mustPark) {
      const entry = segment.entries.get(id);
      if (entry !== undefined) return this.#update(entry, value, timestampMs);
      if (this.#state.isKnown(segment, id)) return this.#create(segment, id, key, value, timestampMs);
    }
    this.#parked.want(segment, id, key);
    this.#parked.park(key, value, timestampMs);
  }

  #receiveHopping(key: unknown, value: unknown, timestampMs: number, watermarkMs: number): void {
    const segments = this.#openWindows(timestampMs, watermarkMs);
    if (segments.length === 0) return this.#around.late(key, value, timestampMs);
    const id = this.#state.identify(key);
    if (!this.#mustPark && segments.every((segment) => this.#state.isKnown(segment, id)))
      return this.#countInAll(segments, id, key, value, timestampMs);
    for (const segment of segments) this.#parked.want(segment, id, key);
    this.#parked.park(key, value, timestampMs);
  }

  /** D6: the first window that holds `timestampMs` starts at max(0, ts - size + advance) / advance * advance. */
  #openWindows(timestampMs: number, watermarkMs: number): StateSegment[] {
    const { sizeMs, advanceMs } = this.#options;
    const segments: StateSegment[] = [];
    const first = Math.floor(Math.max(0, timestampMs - sizeMs + advanceMs) / advanceMs) * advanceMs;
    for (let startMs = first; startMs <= timestampMs; startMs += advanceMs) {
      if (this.#closesAtMs(startMs) > watermarkMs) segments.push(this.#segment(startMs));
    }
    return segments;
  }

  /** Early results that were due before a record that waited for its state. */
  #giveEarlyBefore(watermarkMs: number): Promise<void> | undefined {
    const early = this.#early;
    if (early === null) return undefined;
    early.advance(watermarkMs);
    return early.held > 0 ? early.drain() : undefined;
  }

  /** A record that waited for its state, judged by the watermark of its own time. */
  #resume({ key, value, timestampMs, watermarkMs }: ParkedRecord): void {
    if (watermarkMs < this.#pendingSinceMs) this.#pendingSinceMs = watermarkMs;
    if (this.#tumbling) {
      const startMs = this.#startOf(timestampMs);
      this.#updateOrBegin(this.#segment(startMs), this.#state.identify(key), key, value, timestampMs);
      return;
    }
    const segments = this.#openWindows(timestampMs, watermarkMs);
    this.#countInAll(segments, this.#state.identify(key), key, value, timestampMs);
  }

  #countInAll(
    segments: readonly StateSegment[],
    id: unknown,
    key: unknown,
    value: unknown,
    timestampMs: number,
  ): void {
    const { inAll } = this.#around;
    if (inAll.triesCopies) return this.#countCopies(segments, id, key, value, timestampMs);
    let counted = 0;
    try {
      for (; counted < segments.length; counted++)
        this.#updateOrBegin(segments[counted]!, id, key, value, timestampMs);
    } catch (thrown) {
      throw inAll.refused(thrown, counted);
    }
  }

  /** A4: first what may throw and changes nothing. */
  #countCopies(
    segments: readonly StateSegment[],
    id: unknown,
    key: unknown,
    value: unknown,
    timestampMs: number,
  ): void {
    this.#context.entered(this.#definition.name);
    const counted = segments.map(({ entries }) => {
      const entry = entries.get(id);
      const before = entry === undefined ? this.#definition.initializer() : this.#state.copyOf(entry);
      return this.#definition.aggregator(before, value, key);
    });
    for (const [i, segment] of segments.entries()) {
      const entry = segment.entries.get(id) ?? this.#state.create(segment, id, key, counted[i]);
      entry.value = counted[i];
      if (timestampMs > entry.timestampMs) entry.timestampMs = timestampMs;
      this.#touched(entry);
    }
  }

  /** Of the tumbling window. Looking at the last one first saves the remainder of a float64, a call of its own. */
  #startOf(timestampMs: number): number {
    const lastMs = this.#lastStartMs;
    const sizeMs = this.#sizeMs;
    if (lastMs >= 0 && timestampMs >= lastMs && timestampMs < lastMs + sizeMs) return lastMs;
    return timestampMs - (timestampMs % sizeMs);
  }

  #segment(startMs: number): StateSegment {
    if (startMs === this.#lastStartMs) return this.#last!;
    const segment = this.#state.segment(startMs);
    this.#lastStartMs = startMs;
    this.#last = segment;
    const closesAtMs = this.#closesAtMs(startMs);
    if (closesAtMs < this.#nextDueMs) this.#nextDueMs = closesAtMs;
    return segment;
  }

  #closesAtMs(startMs: number): number {
    return startMs + this.#openMs;
  }

  #updateOrBegin(
    segment: StateSegment,
    id: unknown,
    key: unknown,
    value: unknown,
    timestampMs: number,
  ): void {
    const entry = segment.entries.get(id);
    if (entry !== undefined) this.#update(entry, value, timestampMs);
    else this.#create(segment, id, key, value, timestampMs);
  }

  /** The entry comes into being after the user's function: if that throws, nothing is left behind. */
  #create(segment: StateSegment, id: unknown, key: unknown, value: unknown, timestampMs: number): void {
    this.#context.entered(this.#definition.name);
    const first = this.#definition.aggregator(this.#definition.initializer(), value, key);
    const entry = this.#state.create(segment, id, key, first);
    entry.timestampMs = timestampMs;
    this.#touched(entry);
  }

  #update(entry: StateEntry, value: unknown, timestampMs: number): void {
    this.#context.entered(this.#definition.name);
    entry.value = this.#definition.aggregator(entry.value, value, entry.key);
    if (timestampMs > entry.timestampMs) entry.timestampMs = timestampMs;
    this.#touched(entry);
  }

  #touched(entry: StateEntry): void {
    if (this.#pendingSinceMs === Infinity) this.#pendingSinceMs = this.#context.time.watermarkMs;
    if (this.#early !== null) this.#early.note(entry);
    this.#state.touch(entry);
  }

  /** Closes and forgets what the watermark has passed. */
  advance(watermarkMs: number): void {
    if (!this.#hasBegun) this.#begin(watermarkMs);
    if (this.#mustPark) return; // first those that came before: `drain` comes back here
    if (watermarkMs >= this.#nextDueMs) this.#doDue(watermarkMs);
    if (this.#closing.length === 0 && !this.#mustPark) this.#doneToMs = watermarkMs;
  }

  /** A window that is over may have an early result before its last one. */
  #doDue(watermarkMs: number): void {
    this.#early?.advance(watermarkMs);
    if (this.#mustPark) return; // until `drain` has given them
    this.#nextDueMs = this.#early?.nextMs ?? Infinity;
    const due = [...this.#state.segments.values()].sort((a, b) => (a.id as number) - (b.id as number));
    for (const segment of due) this.#advanceOne(segment, watermarkMs);
  }

  #advanceOne(segment: StateSegment, watermarkMs: number): void {
    const startMs = segment.id as number;
    const closesAtMs = this.#closesAtMs(startMs);
    if (closesAtMs > watermarkMs) {
      this.#nextDueMs = Math.min(this.#nextDueMs, closesAtMs);
    } else if (!this.#closed.has(segment)) {
      this.#closed.add(segment);
      if (this.#options.emit !== 'updates' && !segment.complete) this.#closing.push(segment);
      else this.#close(segment);
    }
    const forgetAtMs = startMs + this.#retentionMs;
    if (this.#closing.includes(segment)) return;
    if (forgetAtMs <= watermarkMs) this.#forget(segment);
    else this.#nextDueMs = Math.min(this.#nextDueMs, Math.max(forgetAtMs, closesAtMs));
  }

  #close(segment: StateSegment): void {
    this.#context.record.without(() => {
      for (const entry of segment.entries.values()) {
        if (this.#options.emit !== 'updates' || entry.dirty) this.#emit(entry);
      }
    });
  }

  /** Passes its results on as they are read: a window that did not fit into the cache need not fit now. */
  async #closeEvicted(segment: StateSegment): Promise<void> {
    const { record } = this.#context;
    for await (const entry of this.#state.scan(segment)) record.without(() => this.#emit(entry));
  }

  #forget(segment: StateSegment): void {
    this.#closed.delete(segment);
    this.#state.drop(segment);
    if (this.#last === segment) this.#lastStartMs = -1;
  }

  /** A result that fails further down must not keep the others of its window from being given. */
  #emit(entry: StateEntry): void {
    const startMs = entry.segment.id as number;
    const window = { startMs, endMs: startMs + this.#options.sizeMs };
    const { context, next } = this.#around;
    try {
      const result = this.#definition.result(entry.value, entry.key, window);
      next({ key: entry.key, window }, result, entry.timestampMs);
    } catch (thrown) {
      context.resultFailed(thrown, this.#state.capture(entry, context.partition));
    }
  }

  emitUpdates(): void {
    if (this.#options.emit !== 'updates') return;
    for (const entry of this.#state.dirty) {
      if (!entry.segment.dropped && !this.#closed.has(entry.segment)) this.#emit(entry);
    }
    this.#pendingSinceMs = Infinity;
  }

  async drain(): Promise<void> {
    do {
      await this.#early?.drain();
      await this.#parked.drain();
      await this.#closeUnread();
      this.#nextDueMs = -Infinity;
      this.advance(this.#context.time.watermarkMs);
    } while (this.held > 0);
  }

  async #closeUnread(): Promise<void> {
    while (this.#closing.length > 0) {
      const segment = this.#closing[0]!;
      await this.#closeEvicted(segment);
      this.#closing.shift();
    }
  }

  room(): Promise<void> {
    return this.drain();
  }
}
