// Joins of two streams: what may be missing is null in the joiner.
import { hours, json, minutes, StreamsBuilder, string, topic, type KStream } from '@hiveframe/streams';
import { expectTypeOf } from './expect-type.ts';

interface Order {
  readonly orderId: string;
  readonly amount: number;
}
interface Payment {
  readonly cents: number;
}
interface Settled {
  readonly orderId: string;
  readonly paidCents: number | null;
}
const builder = new StreamsBuilder();
const orders = builder.stream(topic('orders', { key: string(), value: json<Order>() }));
const payments = builder.stream(topic('payments', { key: string(), value: json<Payment>() }));
const span = { beforeMs: 0, afterMs: hours(1), graceMs: minutes(10) };

const paid = orders.join(payments, {
  name: 'paid',
  ...span,
  joiner: (order, payment) => ({ id: order.orderId, cents: payment.cents }),
});
expectTypeOf(paid).toEqual<KStream<string, { id: string; cents: number }>>();

const settled = orders.leftJoin(payments, {
  name: 'settled',
  ...span,
  joiner: (order, payment): Settled => ({ orderId: order.orderId, paidCents: payment?.cents ?? null }),
});
expectTypeOf(settled).toEqual<KStream<string, Settled>>();

const either = orders.outerJoin(payments, {
  name: 'either',
  ...span,
  joiner: (order, payment) => ({ amount: order?.amount, cents: payment?.cents }),
});
expectTypeOf(either).toEqual<KStream<string, { amount: number | undefined; cents: number | undefined }>>();

// @ts-expect-error graceMs decides what is lost: no default
orders.join(payments, { name: 'x', beforeMs: 0, afterMs: 1, joiner: (order) => order });
// @ts-expect-error the payment may be missing
orders.leftJoin(payments, { name: 'x', ...span, joiner: (_order, payment) => payment.cents });
// @ts-expect-error keys of another type never meet
orders.join(builder.stream(topic('n', { key: json<number>(), value: json<Payment>() })), {
  name: 'x',
  ...span,
  joiner: () => 1,
});
