/** Joins two tables on their common key: a change on either side makes a new row (Kafka Streams: KTableKTableInnerJoin, -LeftJoin,
 *  -RightJoin, -OuterJoin). Each side is an operator of its own that reads the other side's rows.
 *  T1 A side that is missing is null; where the kind wants it there, there is no row.
 *  T2 That there is still no row is no change, and is not passed on.
 *  T3 A row has the highest time that went into it (D9).
 *  T4 A row for which the joiner fails is a dead letter, and none to those who go by the rows before it, or keep it: the one it
 *     should have replaced has left. */
import type { Operator, OperatorContext } from '../operator.ts';
import { madeBefore } from './made-before.ts';
import { refusePromise } from './refuse-promise.ts';
import { findMade, type RowReader, type Rows } from './row-reader.ts';
import type { Joiner } from './stream-table-join.ts';
import type { Passing } from './table.ts';

export interface TableJoining {
  readonly name: string;
  readonly joiner: Joiner;
  /** inner: both sides must be there; left: the left one; outer: any. */
  readonly kind: 'inner' | 'left' | 'outer';
}

type Side = 'left' | 'right';

/** Receives the changes of one side. @param other reads the other one */
export function tableJoin(joining: TableJoining, side: Side, other: Rows, passing: Passing): Operator {
  return {
    build(context, next) {
      const row = new JoinedRow(joining, context);
      const others = other(context);
      return (key, value, timestampMs, previous) => {
        const opposite = findMade(others, key);
        const make = (mine: unknown): unknown =>
          side === 'left' ? row.of(mine, opposite, key) : row.of(opposite, mine, key);
        const wasThere = side === 'left' ? row.exists(previous, opposite) : row.exists(opposite, previous);
        const atMs = opposite === null ? timestampMs : Math.max(timestampMs, others.timestampMs);
        if (!passing.withPrevious && passing.isKept !== true) {
          const now = make(value);
          if (now !== null || wasThere) next(key, now, atMs);
          return;
        }
        const before = passing.withPrevious ? madeBefore(make, previous, key) : undefined;
        let now: unknown = null;
        try {
          now = make(value);
        } finally {
          if (now !== null || wasThere) next(key, now, atMs, before);
        }
      };
    },
  };
}

/** The rows of the join, for those that read them by key. */
export function joinedRows(joining: TableJoining, left: Rows, right: Rows): Rows {
  return (context): RowReader => {
    const row = new JoinedRow(joining, context);
    const [lefts, rights] = [left(context), right(context)];
    const reader = {
      timestampMs: -1,
      find(key: unknown): unknown {
        const [leftRow, rightRow] = [findMade(lefts, key), findMade(rights, key)];
        const leftMs = leftRow === null ? -1 : lefts.timestampMs;
        const rightMs = rightRow === null ? -1 : rights.timestampMs;
        reader.timestampMs = Math.max(leftMs, rightMs);
        return row.of(leftRow, rightRow, key);
      },
    };
    return reader;
  };
}

class JoinedRow {
  readonly #joining: TableJoining;
  readonly #context: OperatorContext;

  constructor(joining: TableJoining, context: OperatorContext) {
    this.#joining = joining;
    this.#context = context;
  }

  exists(left: unknown, right: unknown): boolean {
    const { kind } = this.#joining;
    if (isMissing(left)) return kind === 'outer' && !isMissing(right);
    return kind !== 'inner' || !isMissing(right);
  }

  of(left: unknown, right: unknown, key: unknown): unknown {
    if (!this.exists(left, right)) return null;
    const { name, joiner } = this.#joining;
    this.#context.entered(name);
    const joined = joiner(left ?? null, right ?? null, key);
    if (joined instanceof Promise) refusePromise(name, joined);
    return joined ?? null;
  }
}

function isMissing(row: unknown): boolean {
  return row === null || row === undefined;
}
