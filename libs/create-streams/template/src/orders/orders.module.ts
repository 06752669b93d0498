import { StreamsIngestModule, StreamsModule } from '@hiveframe/streams-nestjs';
import { Module } from '@nestjs/common';
import { Settings } from '../settings.js';
// >>> parquet
import { orderArchiveSink } from './order-archive.sink.js';
import { ORDER_ARCHIVE_SINK, OrderArchiveTopology } from './order-archive.topology.js';
// <<< parquet
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
    // >>> parquet
    StreamsModule.forFeature([OrderArchiveTopology], {
      providers: [{ provide: ORDER_ARCHIVE_SINK, inject: [Settings], useFactory: orderArchiveSink }],
    }),
    // <<< parquet
  ],
})
export class OrdersModule {}
