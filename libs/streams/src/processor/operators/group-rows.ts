/** Sends each row to its group (Kafka Streams: KTableRepartitionMap).
 *  G1 A row that stays in its group is one change there (D23, KIP-904); one that moves leaves the old group before it joins the new.
 *  G2 A row whose selected key or value is null is in no group.
 *  G3 Nor is one for which the selector fails: it leaves the group it was in, and what comes after it has nothing to take back. */
import type { KeyValue } from '../../record/record.ts';
import { equalKeys } from '../../serde/equal-keys.ts';
import type { Serde } from '../../serde/serde.ts';
import type { Operator } from '../operator.ts';
import { madeBefore } from './made-before.ts';
import { refusePromise } from './refuse-promise.ts';
import type { RowChange } from './row-change.ts';
import type { Mapper } from './stateless.ts';

type Selected = KeyValue<unknown, unknown>;

/** @param keySerde of the group: what has equal bytes is one group */
export function groupRows(name: string, selector: Mapper<Selected>, keySerde: Serde<unknown>): Operator {
  const isOneGroup = equalKeys(keySerde);
  return {
    build(context, next) {
      const select = (value: unknown, key: unknown): Selected | null => {
        if (value === null || value === undefined) return null;
        context.entered(name);
        const selected = selector(value, key);
        if (selected instanceof Promise) refusePromise(name, selected);
        return isNothing(selected.key) || isNothing(selected.value) ? null : selected;
      };
      return (key, value, timestampMs, previous) => {
        const before = madeBefore(select, previous, key);
        let now: Selected | null = null;
        try {
          now = select(value, key);
        } finally {
          pass(before, now, timestampMs);
        }
      };

      function pass(before: Selected | null, now: Selected | null, timestampMs: number): void {
        if (before !== null && now !== null && isOneGroup(before.key, now.key)) {
          next(now.key, change(before.value, now.value), timestampMs);
          return;
        }
        if (before !== null) next(before.key, change(before.value, null), timestampMs);
        if (now !== null) next(now.key, change(null, now.value), timestampMs);
      }
    },
  };
}

function change(previous: unknown, value: unknown): RowChange {
  return { previous, value };
}
function isNothing(value: unknown): boolean {
  return value === null || value === undefined;
}
