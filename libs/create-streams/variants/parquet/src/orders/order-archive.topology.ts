import { hours, type StreamsBuilder, type StreamSink } from '@hiveframe/streams';
import { StreamTopology, withoutRepeats, type TopologyDefinition } from '@hiveframe/streams-nestjs';
import { Inject } from '@nestjs/common';
import { orders, type Order } from './order.js';

export type OrderArchiveSink = StreamSink<string, Order>;
/** Token of the `OrderArchiveSink`. */
export const ORDER_ARCHIVE_SINK = Symbol('order-archive-sink');

/** Keeps every order, once. */
@StreamTopology()
export class OrderArchiveTopology implements TopologyDefinition {
  constructor(@Inject(ORDER_ARCHIVE_SINK) private readonly sink: OrderArchiveSink) {}

  build(builder: StreamsBuilder): void {
    withoutRepeats(builder.stream(orders), { name: 'archived-once', retentionMs: hours(24) }).toSink(
      this.sink,
    );
  }
}
