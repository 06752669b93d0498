import { hours, json, minutes, string, StreamsBuilder, topic } from '@hiveframe/streams';

export interface Order {
  readonly amount: number;
}
export interface Payment {
  readonly amount: number;
}
export interface Settlement {
  readonly ordered: number;
  /** null: never, within an hour. */
  readonly paid: number | null;
}

export const orders = topic('orders', { key: string(), value: json<Order>() });
export const payments = topic('payments', { key: string(), value: json<Payment>() });
export const settlements = topic('settlements', { key: string(), value: json<Settlement>() });

const builder = new StreamsBuilder();
builder
  .stream(orders)
  .leftJoin(builder.stream(payments), {
    name: 'settled',
    beforeMs: minutes(1), // the payment may be a little earlier than the order
    afterMs: hours(1),
    graceMs: minutes(5),
    joiner: (order, payment): Settlement => ({ ordered: order.amount, paid: payment?.amount ?? null }),
  })
  .to(settlements);

export const topology = builder.build();
