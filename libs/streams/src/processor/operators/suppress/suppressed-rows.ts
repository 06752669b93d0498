import type { HeldRow } from './held-row.serde.ts';
import { storedRows, type RowReader, type Rows } from '../row-reader.ts';

/** The rows of a suppressed table: as they were passed on last (Kafka Streams: KTableSuppressValueGetter).
 *  @param store of what is held back */
export function suppressedRows(store: { readonly name: string }, rows: Rows): Rows {
  return (context): RowReader => {
    const held = storedRows(store)(context);
    const table = rows(context);
    const reader = {
      timestampMs: -1,
      find(key: unknown): unknown {
        const row = held.find(key) as HeldRow | null;
        if (row !== null) {
          reader.timestampMs = -1; // what it was is known, when it was so is not
          return row.previous;
        }
        const current = table.find(key);
        reader.timestampMs = table.timestampMs;
        return current;
      },
    };
    return reader;
  };
}
