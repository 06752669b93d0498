import type { TimeSpan } from '../../record/record.ts';
import type { Emit } from '../../time/window.ts';

/** What an aggregation computes, whatever the window: the DSL makes it, the aggregate operators run it. */
export interface AggregateDefinition<K, V, A, R> {
  readonly name: string;
  initializer(): A;
  /** May change `aggregate` in place and return it (column aggregates do). */
  aggregator(aggregate: A, value: V, key: K): A;
  /** What is passed on: a fresh value at each call. `window` is null without a window. */
  result(aggregate: A, key: K, window: TimeSpan | null): R;
}

export interface WindowedAggregateOptions {
  readonly sizeMs: number;
  /** Equal to `sizeMs`: tumbling; less: hopping. */
  readonly advanceMs: number;
  /** Waits beyond the watermark. */
  readonly graceMs: number;
  /** `{ everyMs }`: of tumbling and hopping windows the state must be `EarlyAggregate`s. */
  readonly emit: Emit;
  /** sideOutput: side output 0 gets the record as it came. */
  readonly late: 'drop' | 'deadLetter' | 'sideOutput';
}
