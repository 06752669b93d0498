// A window that never ends: updates only, and no rows of windows to ask a store for.
import { count, json, StreamsBuilder, string, topic, unlimited, type FinalRows } from '@hiveframe/streams';
import { expectTypeOf } from './expect-type.ts';

const points = topic('points', { key: string(), value: json<{ readonly at: number }>() });
const grouped = new StreamsBuilder().stream(points).groupByKey({ name: 'points' });

expectTypeOf(grouped.windowedBy(unlimited({ startMs: 5 })).count()).toEqual<FinalRows<string, number>>();
expectTypeOf(grouped.windowedBy(unlimited(), { name: 'ever' }).agg(count('*').alias('n'))).toEqual<
  FinalRows<string, { key: string; window_start: number; window_end: number; n: number }>
>();

// @ts-expect-error -- it never closes, so there is no final result
grouped.windowedBy(unlimited(), { emit: 'final', graceMs: 0 });
// @ts-expect-error -- nothing is late in it
grouped.windowedBy(unlimited(), { late: 'deadLetter' });
