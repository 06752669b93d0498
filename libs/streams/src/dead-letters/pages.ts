/** Pages of what is read in the order of partitions and offsets. A cursor is `partition:offset`, where the next page begins: it stays good
 *  when records come or go. */
import { ConfigError } from '../errors/streams.error.ts';
import type { DeadLetterPlace } from './dead-letter-selection.ts';

export interface PageOptions {
  /** Most of a page. @defaultValue 100, at most 1_000 */
  readonly limit?: number;
  /** Of the page before. */
  readonly cursor?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** null: there is no more. A page may have fewer than `limit`, or none, and yet be followed by others. */
  readonly cursor: string | null;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;
const MAX_PAGE_BYTES = 4 * 1024 * 1024;
/** Looked at for one page, so that it ends soon where few match. */
const MAX_SEEN = 100_000;

interface Sized extends DeadLetterPlace {
  readonly rawKey: Uint8Array | null;
  readonly rawValue: Uint8Array | null;
}

/** `pick` gives undefined for what is not meant. */
export async function takePage<R extends Sized, T>(
  records: AsyncIterable<R>,
  limit: number,
  pick: (record: R) => T | undefined,
): Promise<Page<T>> {
  const items: T[] = [];
  let [bytes, seen] = [0, 0];
  for await (const record of records) {
    if (items.length === limit || bytes >= MAX_PAGE_BYTES || seen++ === MAX_SEEN)
      return { items, cursor: encodeCursor(record) };
    const item = pick(record);
    if (item === undefined) continue;
    items.push(item);
    bytes += (record.rawKey?.length ?? 0) + (record.rawValue?.length ?? 0);
  }
  return { items, cursor: null };
}

/** @throws ConfigError */
export function checkLimit(limit: number = DEFAULT_LIMIT): number {
  if (Number.isSafeInteger(limit) && limit > 0 && limit <= MAX_LIMIT) return limit;
  throw new ConfigError(`Cannot give a page: limit must be from 1 to ${MAX_LIMIT}, is ${limit}.`);
}

export function encodeCursor({ partition, offset }: DeadLetterPlace): string {
  return `${partition}:${offset}`;
}

/** @throws ConfigError */
export function decodeCursor(cursor: string): DeadLetterPlace {
  const [, partition, offset] = /^(\d{1,10}):(\d{1,16})$/.exec(cursor) ?? [];
  if (partition !== undefined && offset !== undefined)
    return { partition: Number(partition), offset: Number(offset) };
  throw new ConfigError(`Cannot go on at '${cursor}': it is no cursor. Give the one of the page before.`);
}
