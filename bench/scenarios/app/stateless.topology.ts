import { json, StreamsBuilder, string, topic, type Topology } from '@hiveframe/streams';
import { readings } from './reading.ts';
import type { Topics } from './settings.ts';

const ABOVE = 20;

/** Readings above 20 °C, in Fahrenheit. */
export function statelessTopology({ input, output }: Topics): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(readings(input))
    .filter(({ temperature }) => temperature > ABOVE)
    .mapValues(({ sensor_id, temperature, timestamp }) => ({
      sensor_id,
      fahrenheit: temperature * 1.8 + 32,
      timestamp,
    }))
    .to(topic(output, { key: string(), value: json() }));
  return builder.build();
}
