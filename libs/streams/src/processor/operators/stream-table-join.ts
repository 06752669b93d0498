/** Looks up the row of each record's key, as it is when the record is processed (Kafka Streams: KStreamKTableJoin).
 *  J1 Only the stream side triggers: no row's change, nor its deletion, gives a result (D23).
 *  J2 A record without a value is dropped; one without a key too, but a left join passes it on without a row (D20, KIP-962).
 *  J3 A result has the time of its record.
 *  J4 In a table that keeps versions the row is that of the record's time (KIP-914).
 *  J5 A row that a function of the table refuses is a dead letter of the table, and none here: no failure of the records that look. */
import type { Next, Operator, OperatorContext } from '../operator.ts';
import { CompanionEntries } from './companion-entries.ts';
import type { ParkedRecord, Parking } from './lane.ts';
import { refusePromise } from './refuse-promise.ts';
import { findMade, findMadeAt, type RowReader, type Rows } from './row-reader.ts';
import { VersionHistory } from './rows/version-history.ts';

export type Joiner = (left: unknown, right: unknown, key: unknown) => unknown;

export interface StreamTableJoining {
  readonly name: string;
  readonly joiner: Joiner;
  readonly kind: 'inner' | 'left';
  readonly rows: Rows;
  /** What a row is read from. */
  readonly stores: readonly string[];
  /** The store of what the rows were; null: the row of now is joined. */
  readonly history: string | null;
}

export function streamTableJoin(joining: StreamTableJoining): Operator {
  return {
    build(context, next) {
      const join = new StreamTableJoin(joining, context, next);
      context.hold(context.lane);
      context.limitTime(() => context.lane.oldestWatermarkMs);
      return (key, value, timestampMs) => join.receive(key, value, timestampMs);
    },
  };
}

class StreamTableJoin implements Parking {
  readonly context: OperatorContext;
  readonly #joining: StreamTableJoining;
  readonly #entries: CompanionEntries;
  readonly #rows: RowReader;
  readonly #history: VersionHistory | null;
  readonly #next: Next;

  constructor(joining: StreamTableJoining, context: OperatorContext, next: Next) {
    this.context = context;
    this.#joining = joining;
    this.#entries = new CompanionEntries(context, joining.stores);
    this.#rows = joining.rows(context);
    this.#history = joining.history === null ? null : new VersionHistory(context.store(joining.history));
    this.#next = next;
  }

  receive(key: unknown, value: unknown, timestampMs: number): void {
    if (value === null || value === undefined) return this.context.dropped('nullValue');
    if (isNothing(key) && this.#joining.kind === 'inner') return this.context.dropped('nullKey');
    const { lane, time } = this.context;
    const isKnown = isNothing(key) || this.#isKnown(key, timestampMs);
    if (lane.isClear && isKnown) return this.#join(key, value, timestampMs, time.watermarkMs);
    if (!isKnown) {
      this.#entries.want(lane, key);
      this.#history?.want(lane, key, timestampMs);
    }
    lane.park(this, key, value, timestampMs);
  }

  #isKnown(key: unknown, timestampMs: number): boolean {
    return this.#entries.areKnown(key) && (this.#history?.areKnown(key, timestampMs) ?? true);
  }

  process({ key, value, timestampMs, watermarkMs }: ParkedRecord): void {
    this.#join(key, value, timestampMs, watermarkMs);
  }

  #join(key: unknown, value: unknown, timestampMs: number, watermarkMs: number): void {
    const { name, joiner, kind } = this.#joining;
    const row = isNothing(key) ? null : this.#find(key, timestampMs, watermarkMs);
    if (row === null && kind === 'inner') return;
    this.context.entered(name);
    const joined = joiner(value, row, key);
    if (joined instanceof Promise) refusePromise(name, joined);
    this.#next(key, joined, timestampMs);
  }

  #find(key: unknown, timestampMs: number, watermarkMs: number): unknown {
    if (this.#history === null) return findMade(this.#rows, key);
    return findMadeAt(this.#rows, key, timestampMs, watermarkMs);
  }
}

function isNothing(key: unknown): boolean {
  return key === null || key === undefined;
}
