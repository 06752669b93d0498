/** An entry that a store holds and its serdes cannot read. Its task wrote no such thing, so it has been damaged since, or the serdes
 *  are others now: the changelog tells which. */
import { TaskCorruptedError } from '../errors/streams.error.ts';
import { StoreError, type StorePartition } from '../ports/store.ts';
import { SerdeNotReadyError } from '../serde/not-ready.ts';

/** Thrown while entries are read; never leaves the store. */
export class UnreadableEntry extends Error {
  override readonly name = 'UnreadableEntry';
}

/** Runs what reads an entry. @throws UnreadableEntry, SerdeNotReadyError */
export function readEntry<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof SerdeNotReadyError) throw cause;
    throw new UnreadableEntry(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Empties the store once, so that the next opening restores it. What was restored and still cannot be read is no damage.
 *  @returns what to throw instead of `error` */
export async function whyUnreadable(
  error: unknown,
  store: string,
  partition: StorePartition,
  isReplayed: boolean,
): Promise<unknown> {
  if (!(error instanceof UnreadableEntry)) return error;
  const what = `Cannot read an entry of store ${store}: ${error.message}`;
  if (isReplayed) {
    return new StoreError(
      `${what}. Its changelog holds the same. Give the store the serdes it was written with, or another name, or reset the application.`,
    );
  }
  await partition.clear();
  return new TaskCorruptedError(`${what}. The store is emptied and restored from its changelog.`);
}
