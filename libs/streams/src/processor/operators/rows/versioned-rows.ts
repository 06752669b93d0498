import { storedRows, type RowReader, type Rows } from '../row-reader.ts';
import { VersionHistory } from './version-history.ts';

interface History {
  readonly name: string;
  readonly retentionMs: number;
}

/** The store of what the rows of a table were; the name of the table's own may still change. */
export function historyOf(store: { readonly name: string }, retentionMs: number): History {
  return {
    get name() {
      return historyName(store);
    },
    retentionMs,
  };
}

/** The name of what the rows of a store were. */
export function historyName({ name }: { readonly name: string }): string {
  return `${name}-history`;
}

/** The rows of a table that keeps versions: as of now, or as of another time. */
export function versionedRows(store: { readonly name: string }): Rows {
  return (context): RowReader => {
    const now = storedRows(store)(context);
    const state = context.store(store.name);
    const history = new VersionHistory(context.store(historyName(store)));
    return {
      get timestampMs() {
        return now.timestampMs;
      },
      find: (key) => now.find(key),
      findAt(key, timestampMs, watermarkMs) {
        const row = now.find(key);
        if (row !== null && now.timestampMs <= timestampMs) return row;
        return history.at(state.identify(key), timestampMs, watermarkMs);
      },
    };
  };
}
