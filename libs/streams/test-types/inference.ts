// Types go from the topic to the last operator: a field that is renamed in the record breaks what reads it, wherever that is.
import {
  avg,
  col,
  count,
  double,
  json,
  max,
  processorOutput,
  seconds,
  string,
  StreamsBuilder,
  topic,
  tumbling,
  type KStream,
  type KTable,
} from '@hiveframe/streams';
import { customers, orders, readings, type Customer, type Order, type Reading } from './domain.ts';
import { expectTypeOf } from './expect-type.ts';

type IsAny<T> = 0 extends 1 & T ? true : false;
declare function refuseAny<T>(value: T, ...isAny: IsAny<T> extends true ? [refused: never] : []): void;

const builder = new StreamsBuilder();
const stream = builder.stream(readings);
const perWindow = stream
  .filter(col('temperature').gt(20))
  .groupBy('sensor_id', { name: 'by-sensor' })
  .windowedBy(tumbling({ sizeMs: seconds(30) }), { graceMs: 0, emit: 'final' })
  .agg(avg('temperature').alias('avg_temp'), max('humidity').alias('max_humidity'), count('*').alias('n'));
const rows = perWindow.toStream().map((row, { key }) => ({ key, value: { mean: row.avg_temp, of: row.n } }));
expectTypeOf(rows).toEqual<KStream<string, { mean: number; of: number }>>();
rows.to(topic('means', { key: string(), value: json<{ mean: number; of: number }>() }));

// The same program after `temperature` was renamed.
type Renamed = Omit<Reading, 'temperature'> & { readonly celsius: number };
const renamed = builder.stream(topic('renamed', { key: string(), value: json<Renamed>() }));
// @ts-expect-error in a condition
renamed.filter(col('temperature').gt(20));
const renamedWindow = renamed
  .groupBy('sensor_id', { name: 'renamed' })
  .windowedBy(tumbling({ sizeMs: seconds(30) }), { graceMs: 0 });
// @ts-expect-error in an aggregate
renamedWindow.agg(avg('temperature').alias('avg_temp'));
// @ts-expect-error in a mapper
renamed.mapValues((reading) => reading.temperature);
renamed.process({
  name: 'p',
  create: () => ({
    // @ts-expect-error in a processor
    process: ({ value }) => void value.temperature,
  }),
});
renamed.asyncLookup({
  name: 'l',
  concurrency: 1,
  timeoutMs: 1,
  keyOf: (reading) => reading.sensor_id,
  lookup: () => null,
  // @ts-expect-error in a lookup
  joiner: (reading) => reading.temperature,
});
// @ts-expect-error at the end: the topic wants the former record
renamed.to(readings);

// An alias that is renamed breaks who reads the row, and the topic it goes to.
const other = renamedWindow.agg(avg('celsius').alias('mean_temp'));
// @ts-expect-error
other.mapValues((row) => row.avg_temp);
other
  .toStream()
  .map((row, { key }) => ({ key, value: { mean_temp: row?.mean_temp ?? null } }))
  // @ts-expect-error
  .to(topic('rows', { key: string(), value: json<{ avg_temp: number | null }>() }));

// Joins know both sides.
const placed = builder.table(orders, { name: 'orders' });
const who = builder.table(customers, { name: 'customers' });
const joined = placed.join(who, {
  name: 'with',
  joiner: (order, { tier }) => ({ amount: order.amount, tier }),
});
expectTypeOf(joined).toEqual<KTable<string, { amount: number; tier: Customer['tier'] }>>();
placed.join(who, {
  name: 'wrong',
  // @ts-expect-error no such field
  joiner: (order, customer) => [order.total, customer.level],
});

// Nothing on the way is `any`.
stream.mapValues((value, key) => (refuseAny(value), refuseAny(key), 1)).peek((value) => refuseAny(value));
stream
  .flatMap((value) => [{ key: value.humidity, value }])
  .peek((value, key) => (refuseAny(value), refuseAny(key)));
stream.split({ hot: ({ temperature }) => temperature > 28 }).hot.peek((value) => refuseAny(value));
perWindow.mapValues((row) => refuseAny(row));
placed.toStream().peek((order, key) => (refuseAny(order), refuseAny(key)));
stream.process({
  name: 'any',
  output: { key: string(), value: double() },
  outputs: { side: processorOutput({ ...orders, to: (side) => side.peek((order) => refuseAny(order)) }) },
  create: (context) => {
    refuseAny(context.forward);
    refuseAny(context.stores);
    return {
      process(record, origin) {
        refuseAny(record.value);
        refuseAny(origin.offset);
        const order: Order = { orderId: '1', customerId: '1', amount: 1, status: 'open' };
        context.forwardTo('side', { key: '1', value: order, timestampMs: 1 });
        // @ts-expect-error not what the output takes
        context.forwardTo('side', { key: '1', value: record.value, timestampMs: 1 });
      },
    };
  },
});
