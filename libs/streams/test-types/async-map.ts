import { seconds, StreamsBuilder, type KStream } from '@hiveframe/streams';
import { readings } from './domain.ts';
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
