import { bytes, long, StreamsBuilder, string, topic, type Topology } from '@hiveframe/streams';
import type { Topics } from './settings.ts';

/** How many readings each sensor has sent; what they say is not read. */
export function countTopology({ input, output }: Topics): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(topic(input, { key: string(), value: bytes() }))
    .groupByKey({ name: 'counts' })
    .count()
    .toStream()
    .mapValues((count) => BigInt(count ?? 0))
    .to(topic(output, { key: string(), value: long() }));
  return builder.build();
}
