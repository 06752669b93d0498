import { bytes, long, string, topic } from '@hiveframe/streams';
import type { Flow } from './settings.ts';

/** How many readings each sensor has sent; what they say is not read. */
export const countFlow: Flow = (builder, { input, output }, suffix) => {
  builder
    .stream(topic(input, { key: string(), value: bytes() }))
    .groupByKey({ name: `counts${suffix}` })
    .count()
    .toStream()
    .mapValues((count) => BigInt(count ?? 0))
    .to(topic(output, { key: string(), value: long() }));
};
