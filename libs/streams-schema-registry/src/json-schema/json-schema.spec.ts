import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inMemorySchemaRegistry } from '../registry/in-memory-registry.ts';
import { context, preparedRoundTrip, readWith } from '../round-trip.testing.ts';
import { jsonSchema } from './json-schema.serde.ts';

interface Reading {
  sensor: string;
  temperature: number;
  site?: { floor: number };
  tags: string[];
}
const READING = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'https://example.com/reading',
  title: 'Reading',
  type: 'object',
  properties: {
    sensor: { type: 'string', minLength: 1 },
    temperature: { type: 'number' },
    site: { type: 'object', properties: { floor: { type: 'integer' } }, required: ['floor'] },
    tags: { type: 'array', items: { type: 'string' } },
  },
  required: ['sensor', 'temperature', 'tags'],
  additionalProperties: false,
};
const reading = fc.record(
  {
    sensor: fc.string({ minLength: 1 }),
    temperature: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    site: fc.record({ floor: fc.integer() }),
    tags: fc.array(fc.string()),
  },
  { requiredKeys: ['sensor', 'temperature', 'tags'] },
);

describe('jsonSchema', () => {
  it('reads what it writes, whatever stands before and behind it', async () => {
    const serde = jsonSchema<Reading>({ registry: inMemorySchemaRegistry(), schema: READING });
    const roundTrip = await preparedRoundTrip(serde);
    fc.assert(fc.property(reading, (value) => expect(roundTrip(value)).toEqual({ ...value })));
  });

  it('checks what it writes and what it reads, and never shows it', async () => {
    const registry = inMemorySchemaRegistry();
    const serde = jsonSchema<object>({ registry, schema: READING });
    await serde.prepare!('t', 'value');
    const bad = { sensor: 'SECRET', temperature: 'SECRET', site: { floor: 'SECRET' }, tags: [] };
    const message = 'does not fit the schema Reading: temperature must be number';
    expect(() => serde.serialize(bad, context)).toThrow(message);
    const bytes = Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), Buffer.from(JSON.stringify(bad))]);
    expect(() => serde.deserialize(bytes, context)).toThrow(message);
    expect(await readWith(jsonSchema<object>({ registry, schema: READING, validate: false }), bytes)).toEqual(
      bad,
    );
  });

  it('checks against the schema of the writer where it has none, also when versions have one $id', async () => {
    const registry = inMemorySchemaRegistry();
    const old = jsonSchema<object>({ registry, schema: READING });
    const now = jsonSchema<object>({ registry, schema: { ...READING, required: [] } });
    await old.prepare!('t', 'value');
    await now.prepare!('t', 'value');
    const reader = jsonSchema<object>({ registry });
    const value = { sensor: 's', temperature: 1, tags: [] };
    expect(await readWith(reader, old.serialize(value, context))).toEqual(value);
    expect(await readWith(reader, now.serialize({}, context))).toEqual({});
    const bytes = Buffer.from(now.serialize({}, context));
    bytes.writeInt32BE(1, 1); // as if written by the old one
    await expect(readWith(reader, bytes)).rejects.toThrow(/must have required property 'sensor'/);
  });

  it('knows the drafts 7, 2019-09 and 2020-12', () => {
    const registry = inMemorySchemaRegistry();
    for (const draft of [
      'https://json-schema.org/draft/2019-09/schema',
      'https://json-schema.org/draft/2020-12/schema',
    ])
      expect(() => jsonSchema({ registry, schema: { $schema: draft, type: 'object' } })).not.toThrow();
    const draft4 = { $schema: 'http://json-schema.org/draft-04/schema#', type: 'object' };
    expect(() => jsonSchema({ registry, schema: draft4 })).toThrow(/Cannot use this JSON schema: .*draft-04/);
  });

  it('resolves references to other subjects', async () => {
    const registry = inMemorySchemaRegistry();
    await registry.register('site-value', { type: 'JSON', text: '{"type":"integer"}', references: [] });
    const serde = jsonSchema<object>({
      registry,
      schema: { type: 'object', properties: { floor: { $ref: 'floor.json' } } },
      references: [{ name: 'floor.json', subject: 'site-value', version: 1 }],
    });
    const roundTrip = await preparedRoundTrip(serde);
    expect(roundTrip({ floor: 1 })).toEqual({ floor: 1 });
    expect(() => roundTrip({ floor: 'x' })).toThrow('floor must be integer');
  });

  it('checks formats that it was given', async () => {
    const even = { type: 'number' as const, validate: (value: number) => value % 2 === 0 };
    const schema = { type: 'number', format: 'even' };
    const roundTrip = await preparedRoundTrip(
      jsonSchema<number>({ registry: inMemorySchemaRegistry(), schema, formats: { even } }),
    );
    expect(roundTrip(2)).toBe(2);
    expect(() => roundTrip(3)).toThrow('the value must match format "even"');
  });
});
