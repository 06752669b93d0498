import { json, string, StreamsBuilder, topic } from '@hiveframe/streams';

export interface Customer {
  readonly name: string;
  readonly tier: 'gold' | 'basic';
}
export interface Order {
  readonly customerId: string;
  readonly amount: number;
}
export interface EnrichedOrder extends Order {
  readonly name: string;
  readonly discount: number;
}

export const customers = topic('customers', { key: string(), value: json<Customer>() });
export const orders = topic('orders', { key: string(), value: json<Order>() });
export const enriched = topic('enriched-orders', { key: string(), value: json<EnrichedOrder>() });

const builder = new StreamsBuilder();
const customerTable = builder.table(customers, { name: 'customers' });

builder
  .stream(orders)
  .selectKey((order) => order.customerId) // the table's key: repartitioned before the join
  .leftJoin(customerTable, {
    name: 'with-customer',
    joiner: (order, customer): EnrichedOrder => ({
      ...order,
      name: customer?.name ?? 'unknown',
      discount: customer?.tier === 'gold' ? 0.1 : 0,
    }),
  })
  .to(enriched);

export const topology = builder.build();
