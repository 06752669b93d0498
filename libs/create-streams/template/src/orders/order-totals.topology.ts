import { count, hours, sum, type StreamsBuilder, type StreamSink } from '@hiveframe/streams';
import { StreamTopology, withoutRepeats, type TopologyDefinition } from '@hiveframe/streams-nestjs';
import { Inject } from '@nestjs/common';
import { orders } from './order.js';

export interface OrderTotals {
  readonly customer: string;
  readonly orders: number;
  readonly amount_cents: number;
}
export type OrderTotalsSink = StreamSink<string, OrderTotals | null>;
/** Token of the `OrderTotalsSink`. */
export const ORDER_TOTALS_SINK = Symbol('order-totals-sink');

/** Per customer how many orders, and their sum. */
@StreamTopology()
export class OrderTotalsTopology implements TopologyDefinition {
  constructor(@Inject(ORDER_TOTALS_SINK) private readonly sink: OrderTotalsSink) {}

  build(builder: StreamsBuilder): void {
    // What a client sends again, with the same Idempotency-Key, counts once.
    withoutRepeats(builder.stream(orders), { name: 'orders-once', retentionMs: hours(24) })
      .groupByKey({ name: 'order-totals' })
      .agg(count('*').alias('orders'), sum('amountCents').alias('amount_cents'))
      .mapValues(({ key: customer, ...totals }) => ({ customer, ...totals }))
      .toSink(this.sink);
  }
}
