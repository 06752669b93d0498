import { json, string, topic } from '@hiveframe/streams';
import { readings } from './reading.ts';
import type { Flow } from './settings.ts';

const ABOVE = 20;

/** Readings above 20 °C, in Fahrenheit. */
export const statelessFlow: Flow = (builder, { input, output }) => {
  builder
    .stream(readings(input))
    .filter(({ temperature }) => temperature > ABOVE)
    .mapValues(({ sensor_id, temperature, timestamp }) => ({
      sensor_id,
      fahrenheit: temperature * 1.8 + 32,
      timestamp,
    }))
    .to(topic(output, { key: string(), value: json() }));
};
