import { count, json, max, string, topic } from '@hiveframe/streams';
import { readings, type Reading } from './reading.ts';
import type { Flow } from './settings.ts';

const ROOMS = 200;
const roomOf = ({ sensor_id }: Reading): string =>
  `room-${Number(sensor_id.slice('sensor-'.length)) % ROOMS}`;

/** Readings and highest temperature of each room. The sensor is the key, so the room's readings lie in all partitions. */
export const repartitionFlow: Flow = (builder, { input, output }, suffix) => {
  builder
    .stream(readings(input))
    .groupBy(roomOf, { name: `rooms${suffix}`, key: string() })
    .agg(count('*').alias('readings'), max('temperature').alias('max_temperature'))
    .toStream()
    .to(topic(output, { key: string(), value: json() }));
};
