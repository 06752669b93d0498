/** The runs that are kept in `bench/results`, the newest of each kind. Names: `YYYY-MM-DD-KIND.json`. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { load, type Saved } from '../report.ts';

const FOLDER = fileURLToPath(new URL('../results/', import.meta.url));

export interface Kept<S, R> extends Saved<S, R> {
  readonly kind: string;
  readonly file: string;
}

/** Of the kinds that begin so, in the order of their names. */
export function kept<S, R>(begin: string): readonly Kept<S, R>[] {
  const newest = new Map<string, string>();
  for (const file of readdirSync(FOLDER).toSorted()) {
    const kind = /^\d{4}-\d\d-\d\d-(.+)\.json$/.exec(file)?.[1];
    if (kind?.startsWith(begin)) newest.set(kind, file);
  }
  return [...newest].map(([kind, file]) => ({ kind, file, ...load<S, R>(`${FOLDER}${file}`)! }));
}
