/** Keeps the rows of a table in a store: a source table, a stream made a table, or a table that asked for a store of its own.
 *  K1 Updates count in the order they come, even if one is older than the row it replaces; that is counted, and said once (D22).
 *     Where versions are kept, an older update goes into the history instead: it does not change the row, and is not passed on
 *     (KIP-914).
 *  K2 A null value deletes the row. Deleting what is not there is no change, and is not passed on.
 *  K3 Each row is passed on with the one before it.
 *  K4 A row expires, where that was asked for, when it was not written for so long, by stream time: before the record that moved the
 *     time is taken. One that comes too late to live is a deletion. */
import type { StoreDeclaration } from '../../topology/graph.ts';
import type { Timer } from '../../state/timer-queue.ts';
import type { Holder, Next, Operator, OperatorContext } from '../operator.ts';
import type { StateEntry, StateSegment, StateStore } from '../../state/state-store.ts';
import { CompanionEntries } from './companion-entries.ts';
import type { ParkedRecord, Parking } from './lane.ts';
import { RowExpiry } from './rows/row-expiry.ts';
import { VersionHistory } from './rows/version-history.ts';

export interface RowKeeping {
  readonly rows: StoreDeclaration;
  /** null: only the rows of now are kept. */
  readonly history: StoreDeclaration | null;
  /** Of when rows expire; null: they do not. */
  readonly timers: StoreDeclaration | null;
  /** Rows come as they are in the log; others may well have times that go back. */
  readonly isSource: boolean;
}

/** @param companions stores whose entries are read, under the same key, by operators behind this one */
export function keepRows(name: string, keeping: RowKeeping, companions: readonly string[]): Operator {
  return {
    build(context, next) {
      const rows = new KeptRows(name, keeping, context, next, new CompanionEntries(context, companions));
      context.hold(keeping.timers === null ? context.lane : rows);
      context.limitTime(() => rows.ceilingMs);
      if (keeping.timers !== null) context.onWatermark((watermarkMs) => rows.advance(watermarkMs));
      if (keeping.history !== null) context.beforeCommit(() => rows.forget());
      return (key, value, timestampMs) => rows.receive(key, value, timestampMs);
    },
  };
}

/** Parked to see whether a row has expired. */
class Expiring {
  readonly timer: Timer;
  constructor(timer: Timer) {
    this.timer = timer;
  }
}

class KeptRows implements Parking, Holder {
  readonly limit = 1;
  readonly context: OperatorContext;
  readonly #name: string;
  readonly #isSource: boolean;
  readonly #state: StateStore;
  readonly #segment: StateSegment;
  readonly #history: VersionHistory | null;
  readonly #expiry: RowExpiry | null;
  readonly #next: Next;
  readonly #companions: CompanionEntries;
  /** Rows that expire by then have expired. */
  #expiredToMs = -Infinity;
  /** The watermark of the last commit. */
  #committedMs = -Infinity;
  #saidOlder = false;

  constructor(
    name: string,
    { rows, history, timers, isSource }: RowKeeping,
    context: OperatorContext,
    next: Next,
    companions: CompanionEntries,
  ) {
    this.#name = name;
    this.#isSource = isSource;
    this.#state = context.store(rows.name);
    this.#segment = this.#state.segment(null);
    this.#history = history && new VersionHistory(context.store(history.name));
    this.#expiry = timers && new RowExpiry(context.store(timers.name));
    this.context = context;
    this.#next = next;
    this.#companions = companions;
  }

  get held(): number {
    return this.context.lane.held + (this.#expiry?.mustLoad === true ? 1 : 0);
  }
  get isFull(): boolean {
    return this.context.lane.isFull;
  }
  /** A row that expires is passed on with the time at which it does. */
  get ceilingMs(): number {
    const { oldestWatermarkMs } = this.context.lane;
    return this.#expiry === null ? oldestWatermarkMs : Math.min(oldestWatermarkMs, this.#expiredToMs);
  }

  receive(key: unknown, value: unknown, timestampMs: number): void {
    if (key === null || key === undefined) return this.context.dropped('nullKey');
    const { watermarkMs } = this.context.time;
    this.#expireFirst(watermarkMs);
    this.#take(key, value, timestampMs, watermarkMs, this.#expiry?.mustLoad !== true);
  }

  #expireFirst(watermarkMs: number): void {
    if (this.#expiry !== null && this.context.lane.isClear) this.#expire(this.#expiry, watermarkMs);
  }

  #take(key: unknown, value: unknown, timestampMs: number, watermarkMs: number, isTurn: boolean): void {
    const { lane } = this.context;
    const id = this.#state.identify(key);
    if (isTurn && lane.isClear && this.#isKnown(id, key, timestampMs)) {
      this.#apply(id, key, value ?? null, timestampMs, watermarkMs);
      return;
    }
    this.#want(id, key, timestampMs);
    lane.park(this, key, value, timestampMs);
  }

  #isKnown(id: unknown, key: unknown, timestampMs: number): boolean {
    return (
      this.#state.isKnown(this.#segment, id) &&
      this.#companions.areKnown(key) &&
      (this.#history?.areKnown(key, timestampMs) ?? true)
    );
  }

  #want(id: unknown, key: unknown, timestampMs: number): void {
    const { lane } = this.context;
    lane.want(this.#state, this.#segment, id, key);
    this.#companions.want(lane, key);
    this.#history?.want(lane, key, timestampMs);
  }

  process({ key, value, timestampMs, watermarkMs }: ParkedRecord): void {
    if (value instanceof Expiring) return this.#expireOne(value.timer);
    this.#expireFirst(watermarkMs);
    this.#take(key, value, timestampMs, watermarkMs, true);
  }

  #apply(id: unknown, key: unknown, update: unknown, timestampMs: number, watermarkMs: number): void {
    const isTooOld = update !== null && this.#expiry?.isOver(timestampMs, watermarkMs) === true;
    if (isTooOld) this.context.dropped('late');
    const value = isTooOld ? null : update;
    const known = this.#segment.entries.get(id);
    const isOlder = known !== undefined && timestampMs < known.timestampMs;
    if (this.#history?.take(known, id, key, value, timestampMs) === false) return this.#countOlder();
    if (isOlder && this.#isSource) this.#older(known, timestampMs);
    this.#replace(known, id, key, value, timestampMs);
  }

  #replace(
    known: StateEntry | undefined,
    id: unknown,
    key: unknown,
    value: unknown,
    timestampMs: number,
  ): void {
    const previous = known === undefined ? null : known.value;
    if (value === null) {
      if (known === undefined) return;
      this.#state.remove(known);
      this.#next(key, null, timestampMs, previous);
      return;
    }
    const entry = known ?? this.#state.create(this.#segment, id, key, value);
    entry.value = value;
    entry.timestampMs = timestampMs;
    this.#state.touch(entry);
    this.#expiry?.renew(id, key, timestampMs);
    this.#next(key, value, timestampMs, previous);
  }

  /** Time has gone on. */
  advance(watermarkMs: number): void {
    this.#expireFirst(watermarkMs);
  }

  /** Versions too old for any record that is still to be joined: what the last commit had reached, none is held back from. */
  forget(): void {
    this.#history!.forget(this.#committedMs);
    this.#committedMs = this.context.time.watermarkMs;
  }

  #expire(expiry: RowExpiry, watermarkMs: number): void {
    if (this.#expiredToMs === -Infinity) this.#expiredToMs = watermarkMs; // what was due by the last commit went with it
    if (watermarkMs >= expiry.nextMs) for (const timer of expiry.takeDue(watermarkMs)) this.#look(timer);
    if (this.held === 0) this.#expiredToMs = Math.max(this.#expiredToMs, watermarkMs);
  }

  /** At once, if all is at hand that this and those behind need. */
  #look(timer: Timer): void {
    const { lane, record } = this.context;
    const { id, key, dueMs } = timer;
    if (lane.isClear && this.#isKnown(id, key, dueMs)) return record.without(() => this.#expireOne(timer));
    this.#want(id, key, dueMs);
    record.without(() => lane.park(this, key, new Expiring(timer), dueMs));
  }

  #expireOne({ id, key, dueMs }: Timer): void {
    const known = this.#segment.entries.get(id);
    if (known === undefined || known.timestampMs + this.#expiry!.ttlMs > dueMs) return; // gone, or written since
    try {
      this.#history?.take(known, id, key, null, dueMs);
      this.#replace(known, id, key, null, dueMs);
    } catch (thrown) {
      this.context.resultFailed(thrown, this.#state.capture(known, this.context.partition));
    }
  }

  async drain(): Promise<void> {
    const { lane, time } = this.context;
    do {
      await this.#expiry?.load();
      await lane.drain();
      this.advance(time.watermarkMs);
    } while (this.held > 0);
  }
  room(): Promise<void> {
    return this.drain();
  }

  #older({ timestampMs: keptMs }: StateEntry, timestampMs: number): void {
    const { logger, taskId } = this.context;
    this.#countOlder();
    if (this.#saidOlder) return;
    this.#saidOlder = true;
    logger.log(
      'warn',
      `Table ${this.#name} replaces a row of ${new Date(keptMs).toISOString()} by one of ${new Date(timestampMs).toISOString()}: updates count in the order of the log. Further ones are only counted (out-of-order-updates).`,
      { taskId },
    );
  }

  #countOlder(): void {
    const { telemetry, taskId } = this.context;
    telemetry.count('out-of-order-updates', 1, { task: taskId, table: this.#name });
  }
}
