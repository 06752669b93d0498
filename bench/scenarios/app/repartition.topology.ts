import { count, json, max, StreamsBuilder, string, topic, type Topology } from '@hiveframe/streams';
import { readings, type Reading } from './reading.ts';
import type { Topics } from './settings.ts';

const ROOMS = 200;
const roomOf = ({ sensor_id }: Reading): string =>
  `room-${Number(sensor_id.slice('sensor-'.length)) % ROOMS}`;

/** Readings and highest temperature of each room. The sensor is the key, so the room's readings lie in all partitions. */
export function repartitionTopology({ input, output }: Topics): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(readings(input))
    .groupBy(roomOf, { name: 'rooms', key: string() })
    .agg(count('*').alias('readings'), max('temperature').alias('max_temperature'))
    .toStream()
    .to(topic(output, { key: string(), value: json() }));
  return builder.build();
}
