/** Holds the changes of rows back, so that many become one (KIP-328; Kafka Streams: KTableSuppressProcessor).
 *  B1 Of several changes of a row only the last is passed on, with its own time. It is due when the first of them would be.
 *  B2 A row is passed on when the watermark reaches the time it is due, before the record that moved it there is taken (Kafka Streams
 *     takes that first). What the committed watermark had passed was passed on by that commit: not again after a restart (D10).
 *  B3 A deletion is dropped only where those behind have no row to delete (D11).
 *  B4 A buffer that is full passes on what is due first, or ends the application. */
import { BufferFullError } from '../../../errors/streams.error.ts';
import type { StateEntry, StateSegment, StateStore } from '../../../state/state-store.ts';
import type { Holder, Next, Operator, OperatorContext } from '../../operator.ts';
import { CompanionEntries } from '../companion-entries.ts';
import type { ParkedRecord, Parking } from '../lane.ts';
import { HeldRows, type Held } from './held-rows.ts';
import type { HeldRow } from './held-row.serde.ts';

export interface Suppressing {
  readonly name: string;
  readonly store: string;
  /** When a row is due that comes now, and is not held yet. */
  readonly dueMs: (key: unknown, timestampMs: number) => number;
  /** How long a row that is due may be older than the watermark. */
  readonly waitMs: number;
  /** What those behind have of a row. final: nothing, each is passed on once. previous: as it comes with the row. unknown: perhaps
   *  something. */
  readonly behind: 'final' | 'previous' | 'unknown';
  readonly maxRecords: number;
  readonly maxBytes: number;
  readonly whenFull: 'emitEarly' | 'shutDown';
}

/** @param companions stores whose entries are read, under the same key, by operators behind this one */
export function suppress(suppressing: Suppressing, companions: readonly string[]): Operator {
  return {
    build(context, next) {
      const entries = new CompanionEntries(context, companions);
      const suppression = new Suppression(suppressing, context, next, entries);
      context.hold(suppression);
      context.onWatermark((watermarkMs) => suppression.advance(watermarkMs));
      context.limitTime(() => suppression.ceilingMs);
      return (key, value, timestampMs, previous) => suppression.receive(key, value, timestampMs, previous);
    },
  };
}

type Row = StateEntry<HeldRow>;

/** Parked to see which rows there are, when the task was opened with some. */
const LOOK = Symbol('look');
/** Parked to pass a row on. */
class Leaving {
  readonly held: Held;
  constructor(held: Held) {
    this.held = held;
  }
}

class Suppression implements Holder, Parking {
  readonly limit = 1;
  readonly context: OperatorContext;
  readonly #suppressing: Suppressing;
  readonly #state: StateStore;
  readonly #segment: StateSegment;
  readonly #next: Next;
  readonly #companions: CompanionEntries;
  /** null: not looked yet. */
  #rows: HeldRows | null = null;
  /** Rows that were taken and wait in the lane. */
  #leaving = 0;
  #isLooking = false;
  #hasBegun = false;
  /** What was due up to here was passed on. */
  #doneToMs = -Infinity;

  constructor(suppressing: Suppressing, context: OperatorContext, next: Next, companions: CompanionEntries) {
    this.context = context;
    this.#suppressing = suppressing;
    this.#state = context.store(suppressing.store);
    this.#segment = this.#state.segment(null);
    this.#next = next;
    this.#companions = companions;
  }

  get held(): number {
    return this.context.lane.held;
  }
  get isFull(): boolean {
    return this.context.lane.isFull;
  }
  get ceilingMs(): number {
    return Math.min(this.#doneToMs - this.#suppressing.waitMs, this.context.lane.oldestWatermarkMs);
  }

  receive(key: unknown, value: unknown, timestampMs: number, previous: unknown): void {
    this.#take(key, value ?? null, timestampMs, previous ?? null, this.context.time.watermarkMs);
  }

  process({ key, value, timestampMs, watermarkMs, previous }: ParkedRecord): void {
    if (value === LOOK) return;
    if (!(value instanceof Leaving)) return this.#take(key, value, timestampMs, previous, watermarkMs);
    this.#leaving--;
    this.#emit(value.held);
  }

  #take(key: unknown, value: unknown, timestampMs: number, previous: unknown, watermarkMs: number): void {
    const { lane } = this.context;
    const id = this.#state.identify(key);
    const rows = this.#lookedUp();
    if (rows === null) this.#look();
    else this.#leaveDue(rows, watermarkMs);
    if (rows !== null && lane.isClear && this.#state.isKnown(this.#segment, id)) {
      this.#hold(rows, key, value, timestampMs, previous);
      this.#makeRoom(rows);
      return;
    }
    lane.want(this.#state, this.#segment, id, key);
    lane.park(this, key, value, timestampMs, previous);
  }

  /** null until all rows are in memory: then the lane goes on here. */
  #lookedUp(): HeldRows | null {
    if (this.#rows !== null) return this.#rows;
    if (!this.#segment.complete) {
      this.context.lane.wantAll(this.#state, this.#segment);
      return null;
    }
    this.#rows = new HeldRows();
    for (const [id, entry] of this.#segment.entries) {
      this.#rows.add((entry as Row).value.dueMs, id, entry.key);
      this.#measure(this.#rows, id, entry);
    }
    return this.#rows;
  }

  #hold(rows: HeldRows, key: unknown, value: unknown, timestampMs: number, previous: unknown): void {
    const id = this.#state.identify(key);
    const known = this.#segment.entries.get(id) as Row | undefined;
    const before = known === undefined ? this.#passedOn(previous) : known.value.previous;
    if (value === null && before === null && this.#suppressing.behind !== 'unknown') {
      if (known !== undefined) this.#forget(rows, id, known);
      return;
    }
    const dueMs = known?.value.dueMs ?? this.#suppressing.dueMs(key, timestampMs);
    const row: HeldRow = { dueMs, previous: before, value };
    const entry = known ?? this.#state.create(this.#segment, id, key, row);
    if (known === undefined) rows.add(dueMs, id, key);
    entry.value = row;
    entry.timestampMs = timestampMs;
    this.#state.touch(entry);
    this.#measure(rows, id, entry);
  }

  /** What those behind have of the row. */
  #passedOn(previous: unknown): unknown {
    return this.#suppressing.behind === 'previous' ? previous : null;
  }

  #measure(rows: HeldRows, id: unknown, entry: StateEntry): void {
    if (this.#suppressing.maxBytes !== Infinity) rows.resize(id, this.#state.sizeOf(entry));
  }

  #forget(rows: HeldRows, id: unknown, entry: StateEntry): void {
    rows.remove(id);
    this.#state.remove(entry);
  }

  #makeRoom(rows: HeldRows): void {
    const { name, maxRecords, maxBytes, whenFull } = this.#suppressing;
    while (rows.count > maxRecords || rows.bytes > maxBytes) {
      if (whenFull === 'shutDown') {
        const limit = rows.count > maxRecords ? `${maxRecords} rows` : `${maxBytes} bytes`;
        throw new BufferFullError(
          `Cannot hold back more rows in ${name}: its buffer is full (${limit}) before the oldest is due. Give it more room, a shorter wait, or whenFull 'emitEarly'.`,
        );
      }
      this.#leave(rows.takeFirst()!);
    }
  }

  /** Passes on what is due. */
  advance(watermarkMs: number): void {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#doneToMs = watermarkMs;
    }
    const rows = this.#lookedUp();
    if (rows === null) return this.#look();
    this.#leaveDue(rows, watermarkMs);
    if (this.#leaving === 0 && this.context.lane.isClear) this.#doneToMs = watermarkMs;
  }

  #look(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.context.record.without(() => this.context.lane.park(this, null, LOOK, -1));
  }

  /** Not before changes that wait in the lane: they came first, and may be of the same rows. */
  #leaveDue(rows: HeldRows, watermarkMs: number): void {
    if (watermarkMs < rows.nextMs || !this.context.lane.isClear) return;
    for (const held of rows.takeDue(watermarkMs)) this.#leave(held);
  }

  /** At once, if all is at hand that this and those behind need. */
  #leave(held: Held): void {
    const { lane, record } = this.context;
    const { id, key } = held;
    const isKnown = this.#state.isKnown(this.#segment, id) && this.#companions.areKnown(key);
    if (lane.isClear && isKnown) return record.without(() => this.#emit(held));
    lane.want(this.#state, this.#segment, id, key);
    this.#companions.want(lane, key);
    this.#leaving++;
    record.without(() => lane.park(this, key, new Leaving(held), held.dueMs));
  }

  #emit({ id, key }: Held): void {
    const entry = this.#segment.entries.get(id) as Row;
    const { value, previous } = entry.value;
    try {
      this.#next(key, value, entry.timestampMs, previous);
    } catch (thrown) {
      this.context.resultFailed(thrown, this.#state.capture(entry, this.context.partition));
    }
    this.#state.remove(entry);
  }

  /** What was parked may have been what kept time from going on here. */
  async drain(): Promise<void> {
    const { lane, time } = this.context;
    do {
      await lane.drain();
      this.advance(time.watermarkMs);
    } while (lane.held > 0);
  }
  room(): Promise<void> {
    return this.drain();
  }
}
