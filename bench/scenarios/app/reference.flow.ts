/** The reference work with plain JSON: nothing of the input is declared. */
import {
  avg,
  col,
  count,
  json,
  max,
  min,
  seconds,
  string,
  sum,
  topic,
  tumbling,
  when,
} from '@hiveframe/streams';
import { readings } from './reading.ts';
import type { Flow } from './settings.ts';

const ALERT_ABOVE = 28;

export const referenceFlow =
  (emit: 'updates' | 'final'): Flow =>
  (builder, { input, output, alerts }, suffix) => {
    const judged = builder
      .stream(readings(input))
      .mapValues((reading) => ({ ...reading, alert: reading.temperature > ALERT_ABOVE }));
    judged.filter(({ alert }) => alert).to(topic(alerts, { key: string(), value: json() }));
    judged
      .groupByKey({ name: `sensor-stats${suffix}` })
      .windowedBy(tumbling({ sizeMs: seconds(30) }), { graceMs: 0, emit })
      .agg(
        avg('temperature').alias('avg_temp'),
        max('temperature').alias('max_temp'),
        min('temperature').alias('min_temp'),
        avg('humidity').alias('avg_humidity'),
        sum(when(col('alert'), 1).otherwise(0)).alias('alert_count'),
        count('*').alias('reading_count'),
      )
      .toStream()
      .map((stats, { key }) => ({ key, value: { sensor_id: key, ...stats } }))
      .to(topic(output, { key: string(), value: json() }));
  };
