/** The input of every scenario, in plain JSON. */
import { json, seconds, string, topic } from '@hiveframe/streams';

export interface Reading {
  readonly sensor_id: string;
  readonly temperature: number;
  readonly humidity: number;
  readonly timestamp: number;
}

export function readings(name: string) {
  return topic(name, {
    key: string(),
    value: json<Reading>(),
    timestamp: 'timestamp',
    watermark: { delayMs: seconds(10) },
  });
}
