// Aggregates beside avg, sum, min, max and count: their columns are inferred, and what cannot work does not compile.
import {
  approxCountDistinct,
  avg,
  col,
  collectList,
  collectSet,
  countDistinct,
  count,
  defineAggregate,
  first,
  json,
  last,
  max,
  minutes,
  percentile,
  session,
  stddev,
  StreamsBuilder,
  string,
  topic,
  variance,
  type KTable,
  type WindowedKTable,
} from '@hiveframe/streams';
import { expectTypeOf } from './expect-type.ts';

interface Request {
  readonly route: string;
  readonly user: string | null;
  readonly status: 200 | 404 | 500;
  readonly latencyMs: number;
  readonly sizeBytes?: number;
  readonly atMs: number;
}
const requests = topic('requests', { key: string(), value: json<Request>() });
const builder = new StreamsBuilder();
const visits = builder
  .stream(requests)
  .groupBy('route', { name: 'by-route' })
  .windowedBy(session({ gapMs: minutes(5) }), { graceMs: 0, emit: 'final' });

const longest = defineAggregate({
  name: 'longest',
  initializer: () => '',
  add: (kept: string, value: string) => (value.length > kept.length ? value : kept),
  merge: (left, right) => (right.length > left.length ? right : left),
  result: (kept) => ({ text: kept, length: kept.length }),
});
const total = defineAggregate({
  name: 'total',
  initializer: () => 0n,
  add: (kept: bigint, value: number) => kept + BigInt(value),
  subtract: (kept, value) => kept - BigInt(value),
  merge: (left, right) => left + right,
  result: (kept) => kept,
});

expectTypeOf(
  visits.agg(
    countDistinct('user').alias('users'),
    approxCountDistinct('user').alias('about_users'),
    first('status').alias('first_status'),
    last('user', { by: 'atMs' }).alias('last_user'),
    collectList('status', { maxValues: 100 }).alias('statuses'),
    collectSet('user', { maxValues: 100 }).alias('some_users'),
    collectSet(col('latencyMs').times(2), { maxValues: 3 }).alias('doubled'),
    variance('latencyMs').alias('variance'),
    stddev('sizeBytes', { of: 'population' }).alias('stddev'),
    percentile('latencyMs', 0.99).alias('p99'),
    percentile('sizeBytes', 0.5).alias('median_size'),
    longest('user').alias('longest'),
    total('latencyMs').alias('total'),
  ),
).toEqual<
  WindowedKTable<
    string,
    {
      route: string;
      window_start: number;
      window_end: number;
      users: number;
      about_users: number;
      first_status: 200 | 404 | 500;
      last_user: string | null;
      statuses: readonly (200 | 404 | 500)[];
      some_users: readonly string[];
      doubled: readonly number[];
      variance: number | null;
      stddev: number | null;
      p99: number;
      median_size: number | null;
      longest: { text: string; length: number };
      total: bigint;
    }
  >
>();

// @ts-expect-error -- a percentile of texts
visits.agg(percentile('route', 0.5).alias('p'));
// @ts-expect-error -- no such column
visits.agg(countDistinct('usr').alias('n'));
// @ts-expect-error -- no such column to order by
visits.agg(first('user', { by: 'at' }).alias('n'));
// @ts-expect-error -- a list without a bound
collectList('user');
// @ts-expect-error -- the user's aggregate takes texts
visits.agg(longest('latencyMs').alias('n'));
// @ts-expect-error -- without a name
visits.agg(stddev('latencyMs'));

const byStatus = builder
  .table(requests, { name: 'latest', store: { name: 'latest' } })
  .groupBy((request) => ({ key: request.status, value: request }), { name: 'by-status' });
expectTypeOf(
  byStatus.agg(
    count('*').alias('n'),
    avg('latencyMs').alias('avg'),
    percentile('latencyMs', 0.9).alias('p90'),
    total('latencyMs').alias('total'),
  ),
).toEqual<
  KTable<200 | 404 | 500, { key: 200 | 404 | 500; n: number; avg: number; p90: number; total: bigint }>
>();

// From a maximum, nothing can be taken out when a row changes.
// @ts-expect-error -- max
byStatus.agg(max('latencyMs').alias('max'));
// @ts-expect-error -- first
byStatus.agg(first('latencyMs').alias('first'));
// @ts-expect-error -- a sketch that cannot forget
byStatus.agg(approxCountDistinct('user').alias('users'));
// @ts-expect-error -- an aggregate of the user's without a subtractor
byStatus.agg(longest('user').alias('longest'));
// @ts-expect-error -- the group's own column
byStatus.agg(count('*').alias('key'));
