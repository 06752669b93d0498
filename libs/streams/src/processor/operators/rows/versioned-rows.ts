import { storedRows, type RowReader, type Rows } from '../row-reader.ts';
import { VersionHistory } from './version-history.ts';

/** The store of what the rows of a table were; the name of the table's own may still change. */
export function historyOf(store: { readonly name: string }): { readonly name: string } {
  return {
    get name() {
      return `${store.name}-history`;
    },
  };
}

/** The rows of a table that keeps versions: as of now, or as of another time. */
export function versionedRows(store: { readonly name: string }): Rows {
  return (context): RowReader => {
    const now = storedRows(store)(context);
    const state = context.store(store.name);
    const history = new VersionHistory(context.store(historyOf(store).name));
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
