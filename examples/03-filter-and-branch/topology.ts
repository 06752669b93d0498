import { json, string, StreamsBuilder, topic } from '@hiveframe/streams';

export interface Created {
  readonly kind: 'created';
  readonly amount: number;
}
export interface Cancelled {
  readonly kind: 'cancelled';
  readonly reason: string;
}
export interface Shipped {
  readonly kind: 'shipped';
  readonly carrier: string;
}
export type OrderEvent = Created | Cancelled | Shipped;

const key = string();
export const events = topic('order-events', { key, value: json<OrderEvent>() });
export const large = topic('large-orders', { key, value: json<Created>() });
export const complaints = topic('complaints', { key, value: string() });
export const log = topic('order-log', { key, value: string() });

const builder = new StreamsBuilder();
const { created, cancelled, rest } = builder.stream(events).split({
  created: (event) => event.kind === 'created', // a type guard: behind it, `created` holds Created only
  cancelled: (event) => event.kind === 'cancelled',
});

created.filter((order) => order.amount >= 1_000).to(large);
cancelled.mapValues((event) => event.reason).to(complaints);

created
  .mapValues((order) => `ordered for ${order.amount}`)
  .merge(rest.mapValues((event) => event.kind))
  .to(log);

export const topology = builder.build();
