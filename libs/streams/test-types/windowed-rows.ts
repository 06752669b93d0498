// The tutorial's application in Kafka Streams' words: the row is inferred from group, window and aliases.
import {
  avg,
  col,
  count,
  json,
  max,
  min,
  seconds,
  StreamsBuilder,
  string,
  sum,
  topic,
  tumbling,
  when,
  type KTable,
  type StreamSink,
  type Windowed,
  type WindowedKTable,
} from '@hiveframe/streams';
import { readings, type Reading } from './domain.ts';
import { expectTypeOf } from './expect-type.ts';

export type SensorStats = {
  sensor_id: string;
  window_start: number;
  window_end: number;
  avg_temp: number;
  max_temp: number;
  min_temp: number;
  avg_humidity: number;
  alert_count: number;
  reading_count: number;
};
export const lateReadings = topic('late-readings', {
  key: string(),
  value: json<Reading & { alert: boolean }>(),
});
declare const consoleSink: StreamSink<unknown, unknown>;
declare const statsSink: StreamSink<Windowed<string>, SensorStats>;

export function buildIot(builder: StreamsBuilder) {
  const stats = builder
    .stream(readings)
    .mapValues((reading) => ({ ...reading, alert: reading.temperature > 28 }))
    .groupBy('sensor_id', { name: 'sensor-stats' })
    .windowedBy(tumbling({ sizeMs: seconds(30) }), {
      graceMs: 0,
      emit: 'final',
      late: (late) => late.to(lateReadings),
    })
    .agg(
      avg('temperature').alias('avg_temp'),
      max('temperature').alias('max_temp'),
      min('temperature').alias('min_temp'),
      avg('humidity').alias('avg_humidity'),
      sum(when(col('alert'), 1).otherwise(0)).alias('alert_count'),
      count('*').alias('reading_count'),
    );
  stats.toSink(consoleSink);
  stats.toSink(statsSink);
  return stats;
}
expectTypeOf(buildIot(new StreamsBuilder())).toEqual<WindowedKTable<string, SensorStats>>();

// A user aggregate in the same window.
const sums = new StreamsBuilder()
  .stream(readings)
  .groupBy('sensor_id', { name: 'sums' })
  .windowedBy(tumbling({ sizeMs: seconds(30) }), { graceMs: 0 })
  .aggregate({
    initializer: () => ({ n: 0, total: 0 }),
    aggregator: (aggregate, reading) => ({
      n: aggregate.n + 1,
      total: aggregate.total + reading.temperature,
    }),
  });
expectTypeOf(sums).toEqual<WindowedKTable<string, { n: number; total: number }>>();
sums.toStream().peek((total, key) => {
  expectTypeOf(total).toEqual<{ n: number; total: number }>();
  expectTypeOf(key).toEqual<Windowed<string>>();
});

// Nullable and optional columns, Dates, literal unions, several group columns, expressions.
interface Wide {
  site: string;
  line: number;
  state: 'ok' | 'bad';
  at: Date;
  load: number | null;
  pressure?: number;
  temperature: number;
  hot: boolean;
}
const wide = new StreamsBuilder()
  .stream(topic('wide', { value: json<Wide>() }))
  .groupBy(['site', 'line'], { name: 'by-line' })
  .agg(
    avg('load').alias('avg_load'),
    max('pressure').alias('max_pressure'),
    max('at').alias('last_at'),
    min('state').alias('first_state'),
    count('load').alias('loads'),
    avg(col('temperature').times(9).dividedBy(5).plus(32)).alias('avg_f'),
    sum(when(col('temperature').gt(28).and(col('hot')), 1).otherwise(0)).alias('hot_count'),
    sum(when(col('hot'), col('temperature')).otherwise(0)).alias('hot_sum'),
    avg(col('load').orElse(0)).alias('avg_load0'),
  );
expectTypeOf(wide).toEqual<
  KTable<
    { site: string; line: number },
    {
      site: string;
      line: number;
      avg_load: number | null;
      max_pressure: number | null;
      last_at: Date;
      first_state: 'ok' | 'bad';
      loads: number;
      avg_f: number;
      hot_count: number;
      hot_sum: number;
      avg_load0: number;
    }
  >
>();

// Grouped by its own key, a row begins with the column `key`.
const perKey = new StreamsBuilder()
  .stream(readings)
  .filter(col('temperature').gt(28))
  .groupByKey({ name: 'hot' })
  .agg(count('*').alias('n'));
expectTypeOf(perKey).toEqual<KTable<string, { key: string; n: number }>>();
