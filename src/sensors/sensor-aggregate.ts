/** The result of one window of one sensor. Times are epoch ms; the window is [window_start, window_end). */
export interface SensorAggregate {
  readonly sensor_id: string;
  readonly window_start: number;
  readonly window_end: number;
  readonly avg_temp: number;
  readonly max_temp: number;
  readonly min_temp: number;
  readonly avg_humidity: number;
  readonly alert_count: number;
  readonly reading_count: number;
}

/** The columns as the aggregation gives them: grouped by key, in no promised order. */
export type AggregateRow = Omit<SensorAggregate, 'sensor_id'> & { readonly key: string };

/** The output's fields, in the order that consumers see. */
export function toSensorAggregate(row: AggregateRow): SensorAggregate {
  return {
    sensor_id: row.key,
    window_start: row.window_start,
    window_end: row.window_end,
    avg_temp: row.avg_temp,
    max_temp: row.max_temp,
    min_temp: row.min_temp,
    avg_humidity: row.avg_humidity,
    alert_count: row.alert_count,
    reading_count: row.reading_count,
  };
}
