import {
  avg,
  count,
  hopping,
  json,
  minutes,
  seconds,
  string,
  StreamsBuilder,
  topic,
} from '@hiveframe/streams';
import { z } from 'zod';

const Reading = z.object({
  sensor_id: z.string(),
  temperature: z.number().min(-90).max(60),
  timestamp: z.iso.datetime(),
});
export type Reading = z.infer<typeof Reading>;
export interface Alert {
  readonly sensor_id: string;
  readonly temperature: number;
  readonly timestamp: string;
}
export interface MovingAverage {
  readonly sensor_id: string;
  readonly window_start: number;
  readonly window_end: number;
  readonly avg_temp: number;
  readonly readings: number;
}

export const readings = topic('readings', {
  key: string(),
  value: json(Reading),
  timestamp: 'timestamp',
  watermark: { delayMs: seconds(5), idleAfterMs: seconds(30) },
});
export const alerts = topic('alerts', { key: string(), value: json<Alert>() });
export const averages = topic('moving-averages', { key: string(), value: json<MovingAverage>() });

const builder = new StreamsBuilder();
const valid = builder.stream(readings); // what does not fit the schema is among the dead letters

valid.filter(({ temperature }) => temperature > 30).to(alerts); // at once

valid
  .groupBy('sensor_id', { name: 'moving-average' })
  .windowedBy(hopping({ sizeMs: minutes(1), advanceMs: seconds(10) }), { graceMs: 0, emit: 'final' })
  .agg(avg('temperature').alias('avg_temp'), count('*').alias('readings'))
  .toStream()
  .map((row, { key }) => ({ key, value: row }))
  .to(averages);

export const topology = builder.build();
