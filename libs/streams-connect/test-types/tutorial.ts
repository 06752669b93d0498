// The tutorial's complete application: the row is inferred from group, window and aliases.
import { expectTypeOf } from 'expect-type';
import {
  avg,
  col,
  count,
  hopping,
  max,
  min,
  seconds,
  sum,
  topic,
  json,
  tumbling,
  when,
  type KStream,
  type WindowedKTable,
} from '@hiveframe/streams';
import {
  ConsoleSink,
  consoleSink,
  KafkaSink,
  StreamProcessor,
  type StreamSource,
} from '@hiveframe/streams-connect';
import { embedded } from '@hiveframe/streams-embedded';

interface Reading {
  sensor_id: string;
  temperature: number;
  humidity: number;
  timestamp: string;
}

const stream = new StreamProcessor<Reading>({
  name: 'iot-sensor-analytics',
  batchIntervalMs: 1_000,
  delivery: 'exactly_once',
  checkpointDir: './checkpoints',
  checkpointIntervalMs: 5_000,
});

class SensorSource implements StreamSource<Reading> {
  private running = true;
  private readonly sensors: readonly string[];
  constructor(sensors: readonly string[]) {
    this.sensors = sensors;
  }
  async *start(signal: AbortSignal) {
    while (this.running && !signal.aborted) {
      const sensor_id = this.sensors[Math.floor(Math.random() * this.sensors.length)] ?? 'sensor-1';
      yield {
        sensor_id,
        temperature: 18 + Math.random() * 14,
        humidity: 30 + Math.random() * 60,
        timestamp: new Date().toISOString(),
      };
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  stop() {
    this.running = false;
  }
}

const results = stream
  .fromSource(new SensorSource(['sensor-1', 'sensor-2', 'sensor-3']))
  .withWatermark({ eventTimeColumn: 'timestamp', delayMs: seconds(10) })
  .map(async (e) => ({ ...e, alert: e.temperature > 28 }))
  .window(tumbling({ sizeMs: seconds(30) }), { late: 'deadLetter' })
  .groupBy('sensor_id')
  .agg(
    avg('temperature').alias('avg_temp'),
    max('temperature').alias('max_temp'),
    min('temperature').alias('min_temp'),
    avg('humidity').alias('avg_humidity'),
    sum(when(col('alert'), 1).otherwise(0)).alias('alert_count'),
    count('*').alias('reading_count'),
  );
results.toSink(consoleSink({ format: 'table', showTimestamp: true }));

interface Row {
  sensor_id: string;
  window_start: number;
  window_end: number;
  avg_temp: number;
  max_temp: number;
  min_temp: number;
  avg_humidity: number;
  alert_count: number;
  reading_count: number;
}
expectTypeOf(results).toEqualTypeOf<WindowedKTable<string, { [C in keyof Row]: Row[C] }>>();

// The challenge: an immediate alert beside the windows.
stream.events().filter(col('temperature').gt(31)).toSink(new ConsoleSink());

// window().groupBy() and groupBy().windowedBy() meet in the same type.
const events = new StreamProcessor<Reading>({ name: 'both-orders' }).events();
const windowFirst = events.window(tumbling({ sizeMs: seconds(30) })).groupBy('sensor_id');
const groupFirst = events
  .groupBy('sensor_id')
  .windowedBy(tumbling({ sizeMs: seconds(30) }), { graceMs: 0, emit: 'final' });
expectTypeOf(windowFirst).toEqualTypeOf<typeof groupFirst>();

// A stream of its own words, sync maps and guards narrow.
expectTypeOf(events.map((e) => e.temperature).toKStream()).toEqualTypeOf<KStream<null, number>>();
expectTypeOf(events.map(async (e) => e.temperature).toKStream()).toEqualTypeOf<KStream<null, number>>();
events.window(hopping({ sizeMs: 10_000, advanceMs: 5_000 }), {
  emit: 'updates',
  late: (late) => late.peek((reading) => reading.sensor_id),
});
events.toSink(new KafkaSink({ log: embedded(), topic: topic('out', { value: json<Reading>() }) }));

// @ts-expect-error unknown column
events.window(tumbling({ sizeMs: 1 })).groupBy('sensor');
// @ts-expect-error a boolean is no event time
new StreamProcessor<{ hot: boolean }>({ name: 'x' }).withWatermark({ eventTimeColumn: 'hot', delayMs: 0 });
// @ts-expect-error the topic carries something else
events.toSink(new KafkaSink({ log: embedded(), topic: topic('out', { value: json<{ other: string }>() }) }));
