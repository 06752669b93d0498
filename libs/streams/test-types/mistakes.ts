// What must not compile. Remove a `@ts-expect-error` to read the message.
import { z } from 'zod';
import {
  avg,
  col,
  count,
  hopping,
  json,
  max,
  seconds,
  session,
  StreamsBuilder,
  storeRef,
  string,
  sum,
  topic,
  tumbling,
  when,
  type ReadOnlyKeyValueStore,
  type StreamSink,
} from '@hiveframe/streams';
import { customers, orders, readings } from './domain.ts';

const builder = new StreamsBuilder();
const stream = builder.stream(readings);
const grouped = stream.groupBy('sensor_id', { name: 'by-sensor' });
const perWindow = grouped.windowedBy(tumbling({ sizeMs: seconds(30) }), { graceMs: 0 });
declare const numbers: StreamSink<string, number>;

// @ts-expect-error unknown column
perWindow.agg(avg('temprature').alias('avg_temp'));
// @ts-expect-error avg of a string column
perWindow.agg(avg('sensor_id').alias('avg_id'));
// @ts-expect-error no alias
perWindow.agg(avg('temperature'));
// @ts-expect-error a column that no alias made
perWindow.agg(avg('temperature').alias('avg_temp')).mapValues((row) => row.max_temp);
// @ts-expect-error one alias twice
perWindow.agg(avg('temperature').alias('t'), max('temperature').alias('t'));
// @ts-expect-error an alias that is a column of the group already
perWindow.agg(count('*').alias('window_start'));
// @ts-expect-error a condition on a column that is no boolean
perWindow.agg(sum(when(col('humidity'), 1).otherwise(0)).alias('n'));
// @ts-expect-error when without otherwise
perWindow.agg(sum(when(col('temperature').gt(28), 1)).alias('n'));
// @ts-expect-error a number compared with a text
stream.filter(col('temperature').gt('28'));
// @ts-expect-error grouping by a column that is not there
stream.groupBy('sensor', { name: 'x' });
// @ts-expect-error grouping without a name
stream.groupBy('sensor_id');
// @ts-expect-error grace left out
grouped.windowedBy(tumbling({ sizeMs: seconds(30) }), { emit: 'final' });
grouped
  .windowedBy(session({ gapMs: seconds(30) }), { graceMs: 0 })
  // @ts-expect-error sessions merge, so their aggregates must
  .aggregate({ initializer: () => 0, aggregator: (sum, reading) => sum + reading.temperature });
// @ts-expect-error final without a window
grouped.aggregate({ initializer: () => 0, aggregator: (total) => total + 1, emit: 'final' });
// @ts-expect-error a topic of another value type
stream.to(orders);
// @ts-expect-error a store serde of another type
grouped.count({ store: { value: string() } });
// @ts-expect-error an async function where nobody waits
stream.mapValues(async (reading) => reading.temperature);
// @ts-expect-error an async filter, which is always true
stream.filter(async (reading) => reading.temperature > 28);
// @ts-expect-error a stream without keys grouped by key
builder.stream(topic('lines', { value: string() })).groupByKey({ name: 'x' });
// @ts-expect-error the tutorial's names of window options
hopping({ sizeMs: 10, slideMs: 5 });
// @ts-expect-error hopping without advance
hopping({ sizeMs: 10 });
// @ts-expect-error event time from a column that is no time
topic('flags', { value: json<{ at: boolean; id: number }>(), timestamp: 'at' });
// @ts-expect-error a schema that changes the type, without a way back
json(z.object({ at: z.string().transform((text) => new Date(text)) }));
// @ts-expect-error a table stored as another type
grouped.count().storedAs(storeRef<ReadOnlyKeyValueStore<string, bigint>>('n'));
// @ts-expect-error a sink of tables that knows no deletions
grouped.count().toSink(numbers);
const nullable = builder.stream(topic('n', { value: json<{ load: number | null }>() }));
// @ts-expect-error arithmetic on a column that may be null
nullable.filter(col('load').times(2).gt(1));
// @ts-expect-error an alias that the compiler cannot know
perWindow.agg(count('*').alias(String(Date.now())));
const union = builder.stream(topic('u', { value: json<{ kind: 'a' } | { kind: 'b'; m: string }>() }));
// @ts-expect-error a column that only some members of a union have
union.filter(col('m').eq('x'));
// @ts-expect-error grouping columns read as a row they are not
perWindow.count().mapValues((total) => total.sensor_id);
const changes = grouped.count().toStream();
// @ts-expect-error a deletion not looked at
changes.mapValues((total) => total.toFixed());

const orderTable = builder.table(orders, { name: 'orders' });
const customerTable = builder.table(customers, { name: 'customers' });
const payments = builder.stream(topic('payments', { key: string(), value: json<{ orderId: string }>() }));
const numbered = builder.table(topic('numbered', { key: json<number>(), value: json<{ n: number }>() }), {
  name: 'numbered',
});
// @ts-expect-error a table without a name
builder.table(orders);
// @ts-expect-error a deletion not looked at
orderTable.toStream().mapValues((order) => order.amount);
// @ts-expect-error tables of different key types
orderTable.join(numbered, { name: 'x', joiner: (order, row) => [order, row] });
// @ts-expect-error a stream and a table of different key types
payments.join(numbered, { name: 'x', joiner: (payment) => payment });
// @ts-expect-error the missing side of a left join not looked at
payments.leftJoin(customerTable, { name: 'x', joiner: (_payment, customer) => customer.name });
// @ts-expect-error the missing left side of an outer join not looked at
orderTable.outerJoin(customerTable, { name: 'x', joiner: (order) => order.amount });
// @ts-expect-error a join without a name
payments.join(customerTable, { joiner: (payment) => payment });
// @ts-expect-error an outer join of a stream with a table
payments.outerJoin(customerTable, { name: 'x', joiner: (payment) => payment });
const byCustomer = orderTable.groupBy((order) => ({ key: order.customerId, value: order.amount }), {
  name: 'x',
});
// @ts-expect-error subtractor left out of a table aggregate
byCustomer.aggregate({ initializer: () => 0, adder: (total, amount) => total + amount });
// @ts-expect-error a table's rows in windows
byCustomer.windowedBy(tumbling({ sizeMs: 1 }), { graceMs: 0 });
// @ts-expect-error a store of its own without a name
orderTable.mapValues((order) => order.amount, { store: {} });
// @ts-expect-error a store serde of another type than the rows
orderTable.mapValues((order) => order.amount, { store: { name: 'amounts', value: string() } });
// @ts-expect-error windows grouped as a table
perWindow.count().groupBy((total) => ({ key: 'all', value: total }), { name: 'x' });
// @ts-expect-error an async mapper where nobody waits
orderTable.mapValues(async (order) => order.amount);
const everywhere = builder.globalTable(customers, { name: 'everywhere' });
// @ts-expect-error a key of another type than the global table's
payments.join(everywhere, { name: 'x', keyOf: () => 5, joiner: (payment) => payment });
// @ts-expect-error a global table joined without saying by what
payments.join(everywhere, { name: 'x', joiner: (payment) => payment });
// @ts-expect-error the missing row of a left join not looked at
payments.leftJoin(everywhere, { name: 'x', keyOf: () => '', joiner: (_payment, row) => row.name });

// Suppressions.
const rows = builder.table(orders, { name: 'suppressed-orders' });
// @ts-expect-error rows without windows never close
rows.suppress({ name: 'x', until: 'windowCloses' });
// @ts-expect-error a limit left out
rows.suppress({ name: 'x', until: 'timeLimit' });
// @ts-expect-error without a name
rows.suppress({ until: 'timeLimit', limitMs: 1 });
perWindow
  .count()
  // @ts-expect-error an early result of a window is not final
  .suppress({ name: 'x', until: 'windowCloses', buffer: { maxRecords: 1, whenFull: 'emitEarly' } });
// @ts-expect-error what is held back is no store of rows to query
void perWindow.count().suppress({ name: 'x', until: 'windowCloses' }).queryable;

// Joins by foreign key.
const named = builder.table(topic('named', { key: json<number>(), value: json<string>() }), {
  name: 'named',
});
// @ts-expect-error tables of different key types without a foreign key
rows.join(named, { name: 'x', joiner: (order, row) => [order, row] });
// @ts-expect-error a foreign key of the wrong type
rows.join(named, { name: 'x', foreignKey: (order) => order.customerId, joiner: (order) => order });
// @ts-expect-error the missing row of a left join not looked at
rows.leftJoin(named, { name: 'x', foreignKey: () => 1, joiner: (_order, row) => row.length });
// @ts-expect-error there is no outer join by foreign key
rows.outerJoin(named, { name: 'x', foreignKey: () => 1, joiner: () => 1 });

// Versions and expiry.
// @ts-expect-error an aggregate is no row that expires
grouped.count({ store: { ttlMs: 1_000 } });
payments.join(payments, {
  name: 'x',
  beforeMs: 0,
  afterMs: 1,
  graceMs: 0,
  // @ts-expect-error a serde of another type than the values that wait
  leftValue: string(),
  joiner: (l) => l,
});
// @ts-expect-error a grace that is no time
payments.join(rows, { name: 'x', graceMs: 'long', joiner: (payment) => payment });
