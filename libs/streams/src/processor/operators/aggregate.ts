/** Aggregation without a window: one state entry per key; an update is passed on when a commit gathers what changed.
 *  A1 An aggregate that is null is none: its key is deleted.
 *  A2 With the result goes, where it was asked for, the one that was passed on last.
 *  A3 Of a change of a table that is refused in part (`RefusedRow`), the rest is done: a row leaves though the next is refused. */
import type { StoreDeclaration } from '../../topology/graph.ts';
import type { Next, Operator, OperatorContext } from '../operator.ts';
import type { StateEntry, StateSegment, StateStore } from '../../state/state-store.ts';
import type { AggregateDefinition } from './aggregate-definition.ts';
import { CompanionEntries } from './companion-entries.ts';
import type { ParkedRecord, Parking } from './lane.ts';
import { RefusedRow } from './row-change.ts';
import type { Passing } from './table.ts';

/** What operators behind the table of the results need. */
export interface AggregatePassing extends Passing {
  /** Stores whose entries they read, under the same key. */
  readonly companions: readonly string[];
}

export function aggregate<K, V, A, R>(
  definition: AggregateDefinition<K, V, A, R>,
  store: StoreDeclaration,
  passing: AggregatePassing = { withPrevious: false, companions: [] },
): Operator {
  return {
    build(context, next) {
      const running = new RunningAggregate(
        definition as AggregateDefinition<unknown, unknown, unknown, unknown>,
        passing,
        { context, next, state: context.store(store.name) },
      );
      context.hold(context.lane);
      context.limitTime(() => running.ceilingMs);
      context.beforeCommit(() => running.emit());
      return (key, value, timestampMs) => running.receive(key, value, timestampMs);
    },
  };
}

interface Surroundings {
  readonly context: OperatorContext;
  readonly next: Next;
  readonly state: StateStore;
}

class RunningAggregate implements Parking {
  readonly context: OperatorContext;
  readonly #definition: AggregateDefinition<unknown, unknown, unknown, unknown>;
  readonly #next: Next;
  readonly #state: StateStore;
  readonly #segment: StateSegment;
  readonly #companions: CompanionEntries;
  /** Of the entries that changed since: what was passed on last. Null: nobody asks. */
  readonly #passedOn: Map<StateEntry, unknown> | null;
  /** The watermark when the oldest change came that is not emitted yet. */
  #pendingSinceMs = Infinity;

  constructor(
    definition: AggregateDefinition<unknown, unknown, unknown, unknown>,
    { withPrevious, companions }: AggregatePassing,
    { context, next, state }: Surroundings,
  ) {
    this.#definition = definition;
    this.context = context;
    this.#next = next;
    this.#state = state;
    this.#segment = state.segment(null);
    this.#companions = new CompanionEntries(context, companions);
    this.#passedOn = withPrevious ? new Map() : null;
  }

  receive(key: unknown, value: unknown, timestampMs: number): void {
    const { lane, time } = this.context;
    const id = this.#state.identify(key);
    if (lane.isClear && this.#state.isKnown(this.#segment, id) && this.#companions.areKnown(key)) {
      this.#apply(id, key, value, timestampMs, time.watermarkMs);
      return;
    }
    lane.want(this.#state, this.#segment, id, key);
    this.#companions.want(lane, key);
    lane.park(this, key, value, timestampMs);
  }

  process({ key, value, timestampMs, watermarkMs }: ParkedRecord): void {
    this.#apply(this.#state.identify(key), key, value, timestampMs, watermarkMs);
  }

  #apply(id: unknown, key: unknown, value: unknown, timestampMs: number, watermarkMs: number): void {
    const known = this.#segment.entries.get(id);
    this.context.entered(this.#definition.name);
    if (known !== undefined) this.#remember(known);
    const before = known === undefined ? this.#definition.initializer() : known.value;
    let updated: unknown;
    try {
      updated = this.#definition.aggregator(before, value, key);
    } catch (thrown) {
      if (!(thrown instanceof RefusedRow)) throw thrown;
      this.#put(known, thrown.aggregate, id, key, timestampMs, watermarkMs);
      throw thrown.cause;
    }
    this.#put(known, updated, id, key, timestampMs, watermarkMs);
  }

  #put(
    known: StateEntry | undefined,
    updated: unknown,
    id: unknown,
    key: unknown,
    timestampMs: number,
    watermarkMs: number,
  ): void {
    if (updated === null || updated === undefined) {
      if (known === undefined) return;
      this.#state.remove(known);
      this.#changed(known, timestampMs, watermarkMs);
      return;
    }
    const entry = known ?? this.#created(id, key, updated);
    entry.value = updated;
    this.#state.touch(entry);
    this.#changed(entry, timestampMs, watermarkMs);
  }

  #created(id: unknown, key: unknown, value: unknown): StateEntry {
    const entry = this.#state.create(this.#segment, id, key, value);
    if (this.#passedOn?.has(entry) === false) this.#passedOn.set(entry, null);
    return entry;
  }

  /** Before the first change since the last commit; the aggregator may change the aggregate in place. */
  #remember(entry: StateEntry): void {
    if (this.#passedOn === null || this.#passedOn.has(entry)) return;
    this.#passedOn.set(entry, this.#result(entry.key, this.#state.copyOf(entry)));
  }

  #changed(entry: StateEntry, timestampMs: number, watermarkMs: number): void {
    if (timestampMs > entry.timestampMs) entry.timestampMs = timestampMs;
    if (watermarkMs < this.#pendingSinceMs) this.#pendingSinceMs = watermarkMs;
  }

  /** What is parked or not emitted yet goes out with times from then on. */
  get ceilingMs(): number {
    return Math.min(this.#pendingSinceMs, this.context.lane.oldestWatermarkMs);
  }

  emit(): void {
    for (const entry of this.#state.dirty) {
      try {
        this.#pass(entry);
      } catch (thrown) {
        this.context.resultFailed(thrown, this.#state.capture(entry, this.context.partition));
      }
    }
    this.#passedOn?.clear();
    this.#pendingSinceMs = Infinity;
  }

  #pass(entry: StateEntry): void {
    const { key, value, timestampMs, removed } = entry;
    const result = removed ? null : this.#result(key, value);
    if (this.#passedOn === null) return this.#next(key, result, timestampMs);
    const previous = this.#passedOn.get(entry) ?? null;
    if (result !== null || previous !== null) this.#next(key, result, timestampMs, previous);
  }

  #result(key: unknown, value: unknown): unknown {
    return this.#definition.result(value, key, null);
  }
}
