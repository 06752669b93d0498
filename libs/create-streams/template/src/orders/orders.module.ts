import { StreamsIngestModule, StreamsModule } from '@hiveframe/streams-nestjs';
import { Module } from '@nestjs/common';
import { Settings } from '../settings.js';
import { orders, orderSchema } from './order.js';
import { orderTotalsSink } from './order-totals.sink.js';
import { ORDER_TOTALS_SINK, OrderTotalsTopology } from './order-totals.topology.js';

/** Orders come in by `POST /orders`; their totals go to the sink. */
@Module({
  imports: [
    StreamsIngestModule.register({
      path: 'orders',
      topic: orders,
      schema: orderSchema,
      key: ({ customer }) => customer,
    }),
    StreamsModule.forFeature([OrderTotalsTopology], {
      providers: [{ provide: ORDER_TOTALS_SINK, inject: [Settings], useFactory: orderTotalsSink }],
    }),
  ],
})
export class OrdersModule {}
