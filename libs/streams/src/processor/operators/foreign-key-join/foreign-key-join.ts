/** The four operators of a foreign-key join (KIP-213): two beside the left table, two beside the right one, with a topic each way
 *  between them, so that the tables may be partitioned differently.
 *
 *    left rows ──► subscribe ──► registration topic ──► keepSubscriptions ─┐
 *        │             │                                                   ├─► response topic
 *        │             │ known here   right rows ──► answerSubscribers ────┘         │
 *        ▼             ▼                                                             │
 *     (read by) ──► results ◄──────────────── joinAnswers ◄──────────────────────────┘
 *
 *  See `subscription.ts` for what makes the last result the right one. A row for which a function of the user fails is a dead letter,
 *  and in no result: it subscribes to nothing, and the one before it ends. */
import { equalKeys } from '../../../serde/equal-keys.ts';
import type { Serde, SerdeContext } from '../../../serde/serde.ts';
import type { Next, Operator, OperatorContext } from '../../operator.ts';
import { CompanionEntries } from '../companion-entries.ts';
import type { ParkedRecord, Parking } from '../lane.ts';
import { madeBefore } from '../made-before.ts';
import { refusePromise } from '../refuse-promise.ts';
import { findMade, type RowReader, type Rows } from '../row-reader.ts';
import type { Mapper } from '../stateless.ts';
import type { Joiner } from '../stream-table-join.ts';
import { rowHash, type Answer, type Subscription } from './subscription.ts';
import { Subscriptions } from './subscriptions.ts';

export interface ForeignKeyJoining {
  readonly name: string;
  readonly kind: 'inner' | 'left';
  /** null: the row names no other. */
  readonly foreignKey: Mapper<unknown>;
  readonly joiner: Joiner;
  readonly leftKey: Serde<unknown>;
  readonly leftValue: Serde<unknown>;
  readonly rightKey: Serde<unknown>;
}

/** A table as another operator reads it. */
export interface ReadTable {
  readonly rows: Rows;
  /** What a row is read from. */
  readonly stores: readonly string[];
}

/** Receives the left table's changes, passes on subscriptions by foreign key, and to its side output what is known without an answer:
 *  that a row went, or names no other. */
export function subscribe(joining: ForeignKeyJoining): Operator {
  const { foreignKey, leftKey, leftValue, rightKey } = joining;
  const isSame = equalKeys(rightKey);
  const hashOf = rowHash(joining.name, leftValue);
  const toText = latin1Of(leftKey);
  return {
    build(context, next, [known]) {
      const { partition } = context;
      const join = joinerOf(joining, context);
      const namedBy = (row: unknown, key: unknown): unknown => {
        if (isNothing(row)) return null;
        context.entered(joining.name);
        const named = foreignKey(row, key);
        if (named instanceof Promise) refusePromise(joining.name, named);
        return named ?? null;
      };
      return (key, value, timestampMs, previous) => {
        const before = madeBefore(namedBy, previous, key);
        const primaryKey = toText(key);
        const ended: Subscription = { primaryKey, hash: null, partition };
        let now: unknown;
        try {
          now = namedBy(value, key);
        } catch (thrown) {
          if (before !== null) next(before, ended, timestampMs);
          known!(key, null, timestampMs);
          throw thrown;
        }
        if (before !== null && (now === null || !isSame(before, now))) next(before, ended, timestampMs);
        if (now !== null)
          next(now, { primaryKey, hash: hashOf(value), partition } satisfies Subscription, timestampMs);
        else if (isNothing(value)) known!(key, null, timestampMs);
        else passJoined(known!, key, timestampMs, () => join(value, null, key));
      };
    },
  };
}

/** Receives subscriptions, keeps them, and passes answers on by primary key.
 *  @param store of the subscriptions */
export function keepSubscriptions(
  { rightKey }: ForeignKeyJoining,
  store: string,
  right: ReadTable,
): Operator {
  return {
    build(context, next) {
      const keeper = new SubscriptionKeeper(context, next, store, right, latin1Of(rightKey));
      context.hold(context.lane);
      context.limitTime(() => context.lane.oldestWatermarkMs);
      return (key, value, timestampMs) => keeper.receive(key, value, timestampMs);
    },
  };
}

class SubscriptionKeeper implements Parking {
  readonly context: OperatorContext;
  readonly #next: Next;
  readonly #subscriptions: Subscriptions;
  readonly #entries: CompanionEntries;
  readonly #rows: RowReader;
  readonly #textOf: (key: unknown) => string;

  constructor(
    context: OperatorContext,
    next: Next,
    store: string,
    right: ReadTable,
    textOf: (key: unknown) => string,
  ) {
    this.context = context;
    this.#next = next;
    this.#subscriptions = new Subscriptions(context.store(store));
    this.#entries = new CompanionEntries(context, right.stores);
    this.#rows = right.rows(context);
    this.#textOf = textOf;
  }

  receive(key: unknown, value: unknown, timestampMs: number): void {
    const { lane } = this.context;
    if (lane.isClear && this.#entries.areKnown(key)) return this.#keep(key, value, timestampMs);
    this.#entries.want(lane, key);
    lane.park(this, key, value, timestampMs);
  }

  process({ key, value, timestampMs }: ParkedRecord): void {
    this.#keep(key, value, timestampMs);
  }

  #keep(key: unknown, value: unknown, timestampMs: number): void {
    const subscription = value as Subscription;
    const { primaryKey, hash, partition } = subscription;
    this.#subscriptions.put(this.#textOf(key), subscription, timestampMs);
    if (hash === null) return;
    const row = findMade(this.#rows, key);
    const answer: Answer = { hash, row, partition };
    const atMs = row === null ? timestampMs : Math.max(timestampMs, this.#rows.timestampMs);
    this.#next(primaryKey, answer, atMs);
  }
}

/** Receives the right table's changes, and passes an answer on for each subscriber.
 *  @param store of the subscriptions */
export function answerSubscribers({ rightKey }: ForeignKeyJoining, store: string): Operator {
  const textOf = latin1Of(rightKey);
  return {
    build(context, next) {
      const subscriptions = new Subscriptions(context.store(store));
      const answer = (key: unknown, value: unknown, timestampMs: number): void => {
        const row = value ?? null;
        for (const [primaryKey, { hash, partition }] of subscriptions.of(textOf(key)))
          next(primaryKey, { hash, row, partition } satisfies Answer, timestampMs);
      };
      const parking: Parking = {
        context,
        process: ({ key, value, timestampMs }) => answer(key, value, timestampMs),
      };
      const { lane } = context;
      context.hold(lane);
      context.limitTime(() => lane.oldestWatermarkMs);
      return (key, value, timestampMs) => {
        const bucket = subscriptions.bucketOf(textOf(key));
        if (lane.isClear && bucket.complete) return answer(key, value, timestampMs);
        lane.wantAll(subscriptions.state, bucket);
        lane.park(parking, key, value, timestampMs);
      };
    },
  };
}

/** Receives answers, and joins them with the left row as it is, if that is the one that asked. */
export function joinAnswers(joining: ForeignKeyJoining, left: ReadTable): Operator {
  const hashOf = rowHash(joining.name, joining.leftValue);
  return {
    build(context, next) {
      const entries = new CompanionEntries(context, left.stores);
      const rows = left.rows(context);
      const join = joinerOf(joining, context);
      const take = (key: unknown, value: unknown, timestampMs: number): void => {
        const { hash, row } = value as Answer;
        const mine = findMade(rows, key);
        if (mine === null || hashOf(mine) !== hash) return;
        passJoined(next, key, Math.max(timestampMs, rows.timestampMs), () => join(mine, row, key));
      };
      const parking: Parking = {
        context,
        process: ({ key, value, timestampMs }) => take(key, value, timestampMs),
      };
      const { lane } = context;
      context.hold(lane);
      context.limitTime(() => lane.oldestWatermarkMs);
      return (key, value, timestampMs) => {
        if (lane.isClear && entries.areKnown(key)) return take(key, value, timestampMs);
        entries.want(lane, key);
        lane.park(parking, key, value, timestampMs);
      };
    },
  };
}

/** The joined row of a left one; null: there is none. */
function joinerOf({ name, kind, joiner }: ForeignKeyJoining, context: OperatorContext): Joiner {
  return (left, right, key) => {
    if (right === null && kind === 'inner') return null;
    context.entered(name);
    const joined = joiner(left, right, key);
    if (joined instanceof Promise) refusePromise(name, joined);
    return joined ?? null;
  };
}

/** A row for which the joiner fails is a dead letter, and the one that it should have replaced leaves. */
function passJoined(next: Next, key: unknown, timestampMs: number, join: () => unknown): void {
  let joined: unknown = null;
  try {
    joined = join();
  } finally {
    next(key, joined, timestampMs);
  }
}

function latin1Of(serde: Serde<unknown>): (key: unknown) => string {
  const context: SerdeContext = { topic: '', part: 'key', headers: () => [] };
  return (key) => Buffer.from(serde.serialize(key, context)).toString('latin1');
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined;
}
