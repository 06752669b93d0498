import {
  json,
  processorOutput,
  seconds,
  StreamsBuilder,
  string,
  topic,
  type KStream,
  type StreamRecord,
} from '@hiveframe/streams';
import { readings, type Reading } from './domain.ts';
import { expectTypeOf } from './expect-type.ts';

const located = new StreamsBuilder().stream(readings).mapValuesAsync(
  async (reading, key, signal) => {
    const answer = await fetch(`https://inventory.example/sensors/${key}`, { signal });
    const { site } = (await answer.json()) as { site: string };
    return { sensor_id: reading.sensor_id, temperature: reading.temperature, site };
  },
  { name: 'locate', concurrency: 16, timeoutMs: seconds(2), order: 'perKey', retries: 2 },
);
expectTypeOf(located).toEqual<KStream<string, { sensor_id: string; temperature: number; site: string }>>();

interface Part {
  readonly of: string;
}
const parts = topic('parts', { key: string(), value: json<Part>() });
const split = new StreamsBuilder().stream(readings).processAsync({
  name: 'split-up',
  concurrency: 4,
  timeoutMs: seconds(1),
  retries: 5,
  retryBudgetMs: seconds(10),
  retryWhen: (error) => !(error instanceof TypeError),
  output: { key: string(), value: json<number>() },
  outputs: { parts: processorOutput({ ...parts, to: (stream) => stream.to(parts) }) },
  process: async (record, { forward, forwardTo }) => {
    expectTypeOf(record).toEqual<StreamRecord<string, Reading>>();
    forward({ key: record.key, value: record.value.temperature, timestampMs: record.timestampMs });
    forwardTo('parts', { key: record.key, value: { of: record.key }, timestampMs: record.timestampMs });
    // @ts-expect-error the output holds numbers
    forward({ key: record.key, value: record.value, timestampMs: record.timestampMs });
    // @ts-expect-error no such output
    forwardTo('pieces', record);
  },
});
expectTypeOf(split).toEqual<KStream<string, number>>();

const enriched = new StreamsBuilder().stream(readings).asyncLookup({
  name: 'site',
  concurrency: 4,
  timeoutMs: seconds(1),
  keyOf: (reading) => reading.sensor_id,
  lookup: async (sensorId): Promise<{ name: string } | undefined> => ({ name: sensorId.toUpperCase() }),
  joiner: (reading, site) => ({ temperature: reading.temperature, site: site?.name ?? 'unknown' }),
  cache: { maxEntries: 1_000, ttlMs: seconds(60) },
});
expectTypeOf(enriched).toEqual<KStream<string, { temperature: number; site: string }>>();
new StreamsBuilder().stream(readings).asyncLookup({
  name: 'site',
  concurrency: 4,
  timeoutMs: seconds(1),
  keyOf: (reading) => reading.sensor_id,
  lookup: async (id): Promise<{ name: string } | undefined> => ({ name: id }),
  // @ts-expect-error what was not found, not looked at
  joiner: (_reading, site) => site.name,
});
