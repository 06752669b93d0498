import type { Carries } from '../record/record.ts';

/** A table that every instance of the application has whole: for joins by any key, without repartitioning. Small tables only: the
 *  rows are in memory, and read from the topic's beginning at each start. */
export interface GlobalKTable<K, V> extends Carries<'globalTable', K, V> {
  readonly name: string;
}
export interface GlobalTableOptions {
  /** Names the table in logs, metrics and `describe()`. */
  readonly name: string;
}
