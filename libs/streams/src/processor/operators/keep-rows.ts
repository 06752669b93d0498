/** Keeps the rows of a table in a store: a source table, a stream made a table, or a table that asked for a store of its own.
 *  K1 Updates count in the order they come, even if one is older than the row it replaces; that is counted, and said once (D22).
 *  K2 A null value deletes the row. Deleting what is not there is no change, and is not passed on.
 *  K3 Each row is passed on with the one before it. */
import type { StoreDeclaration } from '../../topology/graph.ts';
import type { Next, Operator, OperatorContext } from '../operator.ts';
import type { StateEntry, StateSegment, StateStore } from '../../state/state-store.ts';
import { CompanionEntries } from './companion-entries.ts';
import type { ParkedRecord, Parking } from './lane.ts';

/** @param companions stores whose entries are read, under the same key, by operators behind this one */
export function keepRows(name: string, store: StoreDeclaration, companions: readonly string[]): Operator {
  return {
    build(context, next) {
      const state = context.store(store.name);
      const rows = new KeptRows(name, state, context, next, new CompanionEntries(context, companions));
      context.hold(context.lane);
      context.limitTime(() => context.lane.oldestWatermarkMs);
      return (key, value, timestampMs) => rows.receive(key, value, timestampMs);
    },
  };
}

class KeptRows implements Parking {
  readonly context: OperatorContext;
  readonly #name: string;
  readonly #state: StateStore;
  readonly #segment: StateSegment;
  readonly #next: Next;
  readonly #companions: CompanionEntries;
  #saidOlder = false;

  constructor(
    name: string,
    state: StateStore,
    context: OperatorContext,
    next: Next,
    companions: CompanionEntries,
  ) {
    this.#name = name;
    this.#state = state;
    this.#segment = state.segment(null);
    this.context = context;
    this.#next = next;
    this.#companions = companions;
  }

  receive(key: unknown, value: unknown, timestampMs: number): void {
    if (key === null || key === undefined) return this.context.dropped('nullKey');
    const { lane } = this.context;
    const id = this.#state.identify(key);
    if (lane.isClear && this.#state.isKnown(this.#segment, id) && this.#companions.areKnown(key)) {
      this.#apply(id, key, value, timestampMs);
      return;
    }
    lane.want(this.#state, this.#segment, id, key);
    this.#companions.want(lane, key);
    lane.park(this, key, value, timestampMs);
  }

  process({ key, value, timestampMs }: ParkedRecord): void {
    this.#apply(this.#state.identify(key), key, value, timestampMs);
  }

  #apply(id: unknown, key: unknown, value: unknown, timestampMs: number): void {
    const known = this.#segment.entries.get(id);
    const previous = known === undefined ? null : known.value;
    if (known !== undefined && timestampMs < known.timestampMs) this.#older(known, timestampMs);
    if (value === null || value === undefined) {
      if (known === undefined) return;
      this.#state.remove(known);
      this.#next(key, null, timestampMs, previous);
      return;
    }
    const entry = known ?? this.#state.create(this.#segment, id, key, value);
    entry.value = value;
    entry.timestampMs = timestampMs;
    this.#state.touch(entry);
    this.#next(key, value, timestampMs, previous);
  }

  #older({ timestampMs: keptMs }: StateEntry, timestampMs: number): void {
    const { telemetry, logger, taskId } = this.context;
    telemetry.count('out-of-order-updates', 1, { task: taskId, table: this.#name });
    if (this.#saidOlder) return;
    this.#saidOlder = true;
    logger.log(
      'warn',
      `Table ${this.#name} replaces a row of ${new Date(keptMs).toISOString()} by one of ${new Date(timestampMs).toISOString()}: updates count in the order of the log. Further ones are only counted (out-of-order-updates).`,
      { taskId },
    );
  }
}
