import { describe, expect, it } from '@jest/globals';
import { SerdeNotReadyError } from '@hiveframe/streams';
import { avro } from './avro/avro.serde.ts';
import { jsonSchema } from './json-schema/json-schema.serde.ts';
import { inMemorySchemaRegistry } from './registry/in-memory-registry.ts';
import { recordNameStrategy, topicRecordNameStrategy } from './registry/subject-name.ts';
import { context, readWith } from './round-trip.testing.ts';

const SCHEMA = '{"type":"record","name":"R","namespace":"example","fields":[{"name":"a","type":"int"}]}';
const header = (id: number) => {
  const bytes = Buffer.alloc(6);
  bytes.writeInt32BE(id, 1);
  return bytes;
};
async function written() {
  const registry = inMemorySchemaRegistry();
  const serde = avro<{ a: number }>({ registry, schema: SCHEMA });
  await serde.prepare!('t', 'value');
  return { registry, serde, bytes: serde.serialize({ a: 1 }, context) };
}

describe('a serde on a registry', () => {
  it('asks for a schema once, and reads and writes without a promise after that', async () => {
    const { registry, bytes } = await written();
    const reader = avro<{ a: number }>({ registry, schema: SCHEMA });
    expect(() => reader.deserialize(bytes, context)).toThrow(SerdeNotReadyError);
    await Promise.all([readWith(reader, bytes), readWith(reader, bytes)]);
    const asked = registry.requestCount;
    for (let i = 0; i < 100; i++) expect(reader.deserialize(bytes, context).a).toBe(1);
    expect(registry.requestCount).toBe(asked);
  });

  it('registers the schema for a topic once, and looks it up where it is registered', async () => {
    const { registry, serde } = await written();
    const asked = registry.requestCount;
    await serde.prepare!('t', 'value');
    expect(registry.requestCount).toBe(asked);
    const other = avro({ registry, schema: SCHEMA, autoRegister: false });
    await other.prepare!('t', 'value');
    expect(other.serialize({ a: 1 } as never, context)).toEqual(serde.serialize({ a: 1 }, context));
  });

  it('refuses to write what is not registered where it must not register', async () => {
    const serde = avro({ registry: inMemorySchemaRegistry(), schema: SCHEMA, autoRegister: false });
    await expect(serde.prepare!('t', 'value')).rejects.toThrow(
      'Cannot write with this AVRO schema: it is not registered under subject t-value of schema registry in memory, and autoRegister is off. Register it there, or allow autoRegister.',
    );
  });

  it('names subjects as the strategy says', async () => {
    const registry = inMemorySchemaRegistry();
    await avro({ registry, schema: SCHEMA, subjectNameStrategy: recordNameStrategy }).prepare!('t', 'value');
    await avro({ registry, schema: SCHEMA, subjectNameStrategy: topicRecordNameStrategy }).prepare!(
      't',
      'key',
    );
    await avro({ registry, schema: SCHEMA }).prepare!('t', 'key');
    for (const subject of ['example.R', 't-example.R', 't-key'])
      expect(await registry.schemaOf(subject, 1)).toMatchObject({ text: SCHEMA });
    const nameless = avro({ registry, schema: '"string"', subjectNameStrategy: recordNameStrategy });
    await expect(nameless.prepare!('t', 'value')).rejects.toThrow(/the schema has no name/);
  });

  it('holds it against a record that the registry does not know its schema, and asks again after a while', async () => {
    const { registry, serde } = await written();
    await expect(readWith(serde, header(77))).rejects.toThrow('schema registry in memory has no schema 77');
    const asked = registry.requestCount;
    await expect(readWith(serde, header(77))).rejects.toThrow('has no schema 77');
    expect(registry.requestCount).toBe(asked);
  });

  it('holds nothing against a record while the registry does not answer', async () => {
    const { registry, bytes } = await written();
    const reader = avro<{ a: number }>({ registry, schema: SCHEMA });
    registry.isAway = true;
    await expect(readWith(reader, bytes)).rejects.toThrow(SerdeNotReadyError);
    await expect(readWith(reader, header(77))).rejects.toThrow(SerdeNotReadyError);
    registry.isAway = false;
    expect(await readWith(reader, bytes)).toEqual({ a: 1 });
  });

  it('asks to be prepared later while the registry does not answer', async () => {
    const registry = inMemorySchemaRegistry();
    registry.isAway = true;
    const serde = avro({ registry, schema: SCHEMA });
    await expect(serde.prepare!('t', 'value')).rejects.toThrow(SerdeNotReadyError);
    registry.isAway = false;
    await serde.prepare!('t', 'value');
  });

  it('refuses bytes without a header, and schemas of another format', async () => {
    const { registry, bytes } = await written();
    const serde = jsonSchema<object>({ registry });
    expect(() => serde.deserialize(Buffer.from('{}'), context)).toThrow(
      '2 bytes are too few for the id of a schema',
    );
    expect(() => serde.deserialize(Buffer.from('{"a":1}'), context)).toThrow('the first byte is 123, not 0');
    await expect(readWith(serde, bytes)).rejects.toThrow(
      'schema 1 cannot be used here: it is AVRO, not JSON',
    );
  });

  it('takes no id for one that it has read, whatever damaged bytes say', async () => {
    const serde = avro<object>({ registry: inMemorySchemaRegistry(), schema: SCHEMA });
    const fresh = Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 0]);
    await expect(readWith(serde, fresh)).rejects.toThrow('has no schema -1');
  });

  it('refuses options that cannot work', () => {
    expect(() => avro({ registry: inMemorySchemaRegistry(), schema: SCHEMA, unknownSchemaMs: 0 })).toThrow(
      'unknownSchemaMs is 0; it must be a whole number of milliseconds from 1000',
    );
  });
});
