// Tables, their groups and their joins: rows are inferred all the way.
import {
  json,
  session,
  StreamsBuilder,
  string,
  topic,
  tumbling,
  type KGroupedTable,
  type KStream,
  type KTable,
  type Windowed,
} from '@hiveframe/streams';
import { customers, orders, type Customer, type Order } from './domain.ts';
import { expectTypeOf } from './expect-type.ts';

const builder = new StreamsBuilder();
const orderTable = builder.table(orders, { name: 'orders', store: { name: 'orders-by-id', key: string() } });
expectTypeOf(orderTable).toEqual<KTable<string, Order>>();

const grouped = orderTable
  .filter((order) => order.status !== 'open')
  .groupBy((order) => ({ key: order.customerId, value: order.amount }), { name: 'revenue' });
expectTypeOf(grouped).toEqual<KGroupedTable<string, number>>();
const revenue = grouped.aggregate({
  initializer: () => 0,
  adder: (total, amount) => total + amount,
  subtractor: (total, amount) => total - amount,
});
expectTypeOf(revenue).toEqual<KTable<string, number>>();
expectTypeOf(grouped.count()).toEqual<KTable<string, number>>();

// A null key or value puts a row into no group.
const perhaps = orderTable.groupBy(
  (order) => ({ key: order.amount > 10 ? order.customerId : null, value: order }),
  { name: 'large', key: string() },
);
expectTypeOf(perhaps).toEqual<KGroupedTable<string, Order>>();

// A filter narrows, with or without a store.
const paid = orderTable.filter((order) => order.status === 'paid', { store: { name: 'paid' } });
expectTypeOf(paid).toEqual<KTable<string, Order>>();
const tiers = builder
  .table(customers, { name: 'customers' })
  .mapValues((customer) => customer.tier, { store: { name: 'tiers', value: json<'gold' | 'basic'>() } });
expectTypeOf(tiers).toEqual<KTable<string, 'gold' | 'basic'>>();

// By foreign key: the other table has another key, or the same type of key.
const byForeignKey = builder.table(customers, { name: 'foreign-customers' });
const named = orderTable.join(byForeignKey, {
  name: 'named',
  foreignKey: (order) => order.customerId,
  joiner: (order, customer, key) => ({ key, amount: order.amount, tier: customer.tier }),
});
expectTypeOf(named).toEqual<KTable<string, { key: string; amount: number; tier: 'gold' | 'basic' }>>();
const regions = builder.table(topic('regions', { key: json<number>(), value: json<{ name: string }>() }), {
  name: 'regions',
});
const regional = orderTable.leftJoin(regions, {
  name: 'in-region',
  foreignKey: (order) => (order.amount > 1 ? order.amount : null),
  joiner: (_order, region) => region?.name ?? 'nowhere',
  store: { name: 'regions-by-order', value: string() },
});
expectTypeOf(regional).toEqual<KTable<string, string>>();

// Held back: rows as they were, windows without deletions.
const calm = orderTable.suppress({ name: 'calm', until: 'timeLimit', limitMs: 1_000 });
expectTypeOf(calm).toEqual<KTable<string, Order>>();
const counted = builder
  .stream(topic('counted', { key: string(), value: json<Order>() }))
  .groupByKey({ name: 'counted' });
const closed = counted
  .windowedBy(tumbling({ sizeMs: 10 }), { graceMs: 0 })
  .count()
  .suppress({ name: 'closed', until: 'windowCloses' });
expectTypeOf(closed.toStream()).toEqual<KStream<Windowed<string>, number>>();
const closedSessions = counted
  .windowedBy(session({ gapMs: 10 }), { graceMs: 0 })
  .count()
  .filter((count) => count > 1)
  .suppress({ name: 'closed-sessions', until: 'windowCloses', buffer: { whenFull: 'shutDown' } });
expectTypeOf(closedSessions.toStream()).toEqual<KStream<Windowed<string>, number>>();

// Stream and table.
const byCustomer = builder
  .stream(topic('new-orders', { key: string(), value: json<Order>() }))
  .selectKey((order) => order.customerId);
const enriched = byCustomer.join(tiers, {
  name: 'with-tier',
  joiner: (order, tier, key) => ({ amount: order.amount, tier, key }),
});
expectTypeOf(enriched).toEqual<KStream<string, { amount: number; tier: 'gold' | 'basic'; key: string }>>();
const known = byCustomer.leftJoin(tiers, {
  name: 'perhaps',
  joiner: (order, tier) => tier ?? order.customerId,
});
expectTypeOf(known).toEqual<KStream<string, string>>();

// A global table, by any key that the record tells.
const everywhere = builder.globalTable(
  topic('shops', { key: json<number>(), value: json<{ city: string }>() }),
  {
    name: 'shops',
  },
);
const located = byCustomer.join(everywhere, {
  name: 'located',
  keyOf: (order) => order.amount,
  joiner: (order, shop, key) => [key, order, shop.city] as const,
});
expectTypeOf(located).toEqual<KStream<string, readonly [string, Order, string]>>();
const perhapsLocated = byCustomer.leftJoin(everywhere, {
  name: 'perhaps-located',
  keyOf: (order) => (order.amount > 1 ? order.amount : null),
  joiner: (_order, shop) => shop?.city ?? 'nowhere',
});
expectTypeOf(perhapsLocated).toEqual<KStream<string, string>>();

// Table and table: the sides that may be missing are null.
const customerTable = builder.table(topic('profiles', { key: string(), value: json<Customer>() }), {
  name: 'profiles',
});
const both = revenue.join(customerTable, {
  name: 'both',
  joiner: (total, customer) => ({ total, name: customer.name }),
});
expectTypeOf(both).toEqual<KTable<string, { total: number; name: string }>>();
const left = revenue.leftJoin(customerTable, {
  name: 'left',
  joiner: (total, customer) => [total, customer] as const,
});
expectTypeOf(left).toEqual<KTable<string, readonly [number, Customer | null]>>();
const outer = revenue.outerJoin(customerTable, {
  name: 'outer',
  joiner: (total, customer) => [total, customer] as const,
  store: { name: 'outer-rows' },
});
expectTypeOf(outer).toEqual<KTable<string, readonly [number | null, Customer | null]>>();

// A stream's nulls are the deletions of the table made of it.
const table = revenue.toStream().toTable({ name: 'again' });
expectTypeOf(table).toEqual<KTable<string, number>>();

// Tables that keep what rows were, or let them go.
const versioned = builder.table(topic('versions', { key: string(), value: json<number>() }), {
  name: 'versions',
  store: { historyRetentionMs: 1_000, value: json<number>() },
});
expectTypeOf(versioned).toEqual<KTable<string, number>>();
expectTypeOf(byCustomer.toTable({ name: 'latest', store: { ttlMs: 1_000, changelog: false } })).toEqual<
  KTable<string, Order>
>();
