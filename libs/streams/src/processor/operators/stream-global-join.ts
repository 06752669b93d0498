/** Looks up a row of a global table for each record, under a key that is read from it (Kafka Streams: KStreamGlobalKTableJoin).
 *  J1 Only the stream side triggers. J2 A record without a value is dropped (D20); a null key has no row. J3 A result has the time
 *  of its record. */
import type { Operator } from '../operator.ts';
import { refusePromise } from './refuse-promise.ts';
import type { Mapper } from './stateless.ts';
import type { Joiner } from './stream-table-join.ts';

export interface StreamGlobalJoining {
  readonly name: string;
  readonly table: string;
  readonly keyOf: Mapper<unknown>;
  readonly joiner: Joiner;
  readonly kind: 'inner' | 'left';
}

export function streamGlobalJoin({ name, table, keyOf, joiner, kind }: StreamGlobalJoining): Operator {
  return {
    build(context, next) {
      const rows = context.globalRows(table);
      return (key, value, timestampMs) => {
        if (value === null || value === undefined) return context.dropped('nullValue');
        context.entered(name);
        const rowKey = keyOf(value, key);
        if (rowKey instanceof Promise) refusePromise(name, rowKey);
        const row = rowKey === null || rowKey === undefined ? null : rows.find(rowKey);
        if (row === null && kind === 'inner') return;
        const joined = joiner(value, row, key);
        if (joined instanceof Promise) refusePromise(name, joined);
        next(key, joined, timestampMs);
      };
    },
  };
}
