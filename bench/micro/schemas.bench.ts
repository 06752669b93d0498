/** The same readings with a schema id in front, in each format of the serdes on a registry. */
import { whenReady, type Serde, type SerdeContext } from '@hiveframe/streams';
import { avro, inMemorySchemaRegistry, jsonSchema, protobuf } from '@hiveframe/streams-schema-registry';
import { values, type Reading } from './readings.ts';
import type { Piece } from './suite.ts';

const AVRO = {
  type: 'record',
  name: 'Reading',
  fields: [
    { name: 'sensor_id', type: 'string' },
    { name: 'temperature', type: 'double' },
    { name: 'humidity', type: 'double' },
    { name: 'timestamp', type: 'long' },
  ],
};
const JSON_SCHEMA = {
  title: 'Reading',
  type: 'object',
  properties: {
    sensor_id: { type: 'string' },
    temperature: { type: 'number' },
    humidity: { type: 'number' },
    timestamp: { type: 'number' },
  },
  required: ['sensor_id', 'temperature', 'humidity', 'timestamp'],
};
/** A double holds the time exactly, as a JSON number does; an int64 would be a text. */
const PROTO = `syntax = "proto3"; message Reading {
  string sensor_id = 1; double temperature = 2; double humidity = 3; double timestamp = 4; }`;
interface ProtoReading extends Omit<Reading, 'sensor_id'> {
  readonly sensorId: string;
}

const context: SerdeContext = { topic: 'readings', part: 'value', headers: () => [] };

async function written<T>(serde: Serde<T>, all: readonly T[]): Promise<Buffer[]> {
  await serde.prepare!('readings', 'value');
  const bytes = all.map((value) => Buffer.from(serde.serialize(value, context)));
  await whenReady(() => serde.deserialize(bytes[0]!, context));
  return bytes;
}

function reading<T extends { readonly temperature: number }>(serde: Serde<T>, all: readonly Buffer[]) {
  return () => {
    let sum = 0;
    for (const bytes of all) sum += serde.deserializeRange!(bytes, 0, bytes.length, context).temperature;
    return sum;
  };
}
function writing<T>(serde: Serde<T>, all: readonly T[]) {
  return () => {
    let sum = 0;
    for (const value of all) sum += serde.serialize(value, context).length;
    return sum;
  };
}

export async function schemaPieces(): Promise<readonly Piece[]> {
  const registry = inMemorySchemaRegistry();
  const byAvro = avro<Reading>({ registry, schema: JSON.stringify(AVRO) });
  const byJson = jsonSchema<Reading>({ registry, schema: JSON_SCHEMA });
  const byProtobuf = protobuf<ProtoReading>({ registry, schema: PROTO });
  const protoValues = values.map(({ sensor_id: sensorId, ...rest }) => ({ sensorId, ...rest }));
  const avroBytes = await written(byAvro, values);
  return [
    { name: 'schemas: Avro, read', run: reading(byAvro, avroBytes) },
    { name: 'schemas: Avro, write', run: writing(byAvro, values) },
    { name: 'schemas: JSON Schema, read', run: reading(byJson, await written(byJson, values)) },
    { name: 'schemas: JSON Schema, write', run: writing(byJson, values) },
    { name: 'schemas: Protobuf, read', run: reading(byProtobuf, await written(byProtobuf, protoValues)) },
    { name: 'schemas: Protobuf, write', run: writing(byProtobuf, protoValues) },
  ];
}
