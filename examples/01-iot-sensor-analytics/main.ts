import { log } from 'node:console';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  avg,
  col,
  count,
  max,
  min,
  minutes,
  seconds,
  sum,
  tumbling,
  when,
  type StreamSink,
} from '@hiveframe/streams';
import { ConsoleSink, StreamProcessor } from '@hiveframe/streams-connect';

export interface Reading {
  sensor_id: string;
  temperature: number;
  humidity: number;
  timestamp: string;
}

export interface Settings {
  checkpointDir?: string;
  batchIntervalMs?: number;
  windowMs?: number;
  sink?: StreamSink<unknown, unknown>;
}

/** Statistics per sensor and window, printed when the window closes. */
export function sensorAnalytics({
  checkpointDir = './checkpoints',
  batchIntervalMs = seconds(1),
  windowMs = seconds(30),
  sink = new ConsoleSink({ format: 'table', showTimestamp: true }),
}: Settings = {}): StreamProcessor<Reading> {
  const stream = new StreamProcessor<Reading>({
    name: 'iot-sensor-analytics',
    batchIntervalMs,
    delivery: 'exactly_once',
    checkpointDir,
  });

  stream
    .withWatermark({ eventTimeColumn: 'timestamp', delayMs: seconds(10) })
    .map(async (event) => ({ ...event, alert: event.temperature > 28 }))
    .window(tumbling({ sizeMs: windowMs }))
    .groupBy('sensor_id')
    .agg(
      avg('temperature').alias('avg_temp'),
      max('temperature').alias('max_temp'),
      min('temperature').alias('min_temp'),
      avg('humidity').alias('avg_humidity'),
      sum(when(col('alert'), 1).otherwise(0)).alias('alert_count'),
      count('*').alias('reading_count'),
    )
    .toSink(sink);

  return stream;
}

const SENSORS = ['sensor-1', 'sensor-2', 'sensor-3'] as const;

function randomReading(): Reading {
  return {
    sensor_id: SENSORS[Math.floor(Math.random() * SENSORS.length)] ?? SENSORS[0],
    temperature: 18 + Math.random() * 14,
    humidity: 30 + Math.random() * 60,
    timestamp: new Date().toISOString(),
  };
}

async function main(): Promise<void> {
  log('🐝 Starting IoT Sensor Analytics Stream...');
  log('='.repeat(60));
  const stream = sensorAnalytics();
  await stream.start();

  const endMs = Date.now() + minutes(2);
  while (Date.now() < endMs) {
    await stream.emit(randomReading());
    await sleep(100);
  }

  await stream.stop();
  log('✅ Stream stopped');
}

if (import.meta.main) await main();
