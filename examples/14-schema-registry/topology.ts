import { string, StreamsBuilder, topic } from '@hiveframe/streams';
import {
  avro,
  inMemorySchemaRegistry,
  schemaRegistry,
  type InferAvro,
} from '@hiveframe/streams-schema-registry';

const url = process.env['SCHEMA_REGISTRY_URL'];
/** A real one where there is one: `docker compose --profile registry up`. */
export const registry = url === undefined ? inMemorySchemaRegistry() : schemaRegistry({ url });

/** Version 2: a producer that writes version 1 knows no unit. */
const reading = {
  type: 'record',
  name: 'Reading',
  namespace: 'lesson',
  fields: [
    { name: 'temperature', type: 'double' },
    {
      name: 'unit',
      type: { type: 'enum', name: 'Unit', symbols: ['CELSIUS', 'FAHRENHEIT'] },
      default: 'CELSIUS',
    },
  ],
} as const;
export type Reading = InferAvro<typeof reading>;
const highest = {
  type: 'record',
  name: 'Highest',
  namespace: 'lesson',
  fields: [{ name: 'celsius', type: 'double' }],
} as const;

export const readings = topic('readings', { key: string(), value: avro({ registry, schema: reading }) });
export const highs = topic('highs', { key: string(), value: avro({ registry, schema: highest }) });

const builder = new StreamsBuilder();
builder
  .stream(readings)
  .mapValues(({ temperature, unit }) => ({
    celsius: unit === 'CELSIUS' ? temperature : ((temperature - 32) * 5) / 9,
  }))
  .groupByKey({ name: 'by-sensor', value: highs.value })
  .reduce({
    reducer: (left, right) => (right.celsius > left.celsius ? right : left),
    store: { value: highs.value },
  })
  .toStream()
  .mapValues((row) => row!)
  .to(highs);

export const topology = builder.build();
