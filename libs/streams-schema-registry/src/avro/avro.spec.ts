import { describe, expect, it } from '@jest/globals';
import { expectTypeOf } from 'expect-type';
import fc from 'fast-check';
import avsc from 'avsc';
import { inMemorySchemaRegistry } from '../registry/in-memory-registry.ts';
import { context, preparedRoundTrip, readWith } from '../round-trip.testing.ts';
import { avro } from './avro.serde.ts';

const READING = {
  type: 'record',
  name: 'Reading',
  namespace: 'example',
  fields: [
    { name: 'sensor', type: 'string' },
    { name: 'temperature', type: 'double' },
    { name: 'at', type: 'long' },
    { name: 'flags', type: { type: 'array', items: 'boolean' } },
    { name: 'state', type: { type: 'enum', name: 'State', symbols: ['OK', 'BAD'] } },
    { name: 'site', type: ['null', { type: 'map', values: 'int' }], default: null },
    { name: 'raw', type: 'bytes' },
  ],
} as const;

const reading = fc.record({
  sensor: fc.string(),
  temperature: fc.double(),
  at: fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 }),
  flags: fc.array(fc.boolean()),
  state: fc.constantFrom('OK' as const, 'BAD' as const),
  site: fc.option(fc.dictionary(fc.string({ minLength: 1 }), fc.integer())),
  raw: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
});

describe('avro', () => {
  it('reads what it writes, whatever stands before and behind it', async () => {
    const roundTrip = await preparedRoundTrip(avro({ registry: inMemorySchemaRegistry(), schema: READING }));
    fc.assert(fc.property(reading, (value) => expect(roundTrip(value)).toEqual(value)));
  });

  it('writes what another implementation of the wire format reads', async () => {
    const serde = avro({ registry: inMemorySchemaRegistry(), schema: READING });
    await serde.prepare!('t', 'value');
    const value = fc.sample(reading, 1)[0]!;
    const bytes = serde.serialize(value, context);
    expect([...bytes.subarray(0, 5)]).toEqual([0, 0, 0, 0, 1]);
    const type = avsc.Type.forSchema(READING as unknown as Parameters<typeof avsc.Type.forSchema>[0]);
    expect({ ...(type.fromBuffer(Buffer.from(bytes.subarray(5))) as object) }).toEqual(value);
  });

  it('grows its scratch for values of any size', async () => {
    const roundTrip = await preparedRoundTrip(
      avro<string>({ registry: inMemorySchemaRegistry(), schema: '"string"' }),
    );
    for (const length of [1_018, 1_019, 1_020, 100_000, 10])
      expect(roundTrip('x'.repeat(length))).toHaveLength(length);
  });

  it('infers the type of a schema that is written in place', () => {
    const serde = avro({ registry: inMemorySchemaRegistry(), schema: READING });
    type Read = ReturnType<typeof serde.deserialize>;
    expectTypeOf<Read>().toEqualTypeOf<{
      sensor: string;
      temperature: number;
      at: number;
      flags: boolean[];
      state: 'OK' | 'BAD';
      site: Record<string, number> | null;
      raw: Buffer;
    }>();
  });

  it('resolves what others wrote with its own schema', async () => {
    const registry = inMemorySchemaRegistry();
    const old = avro<object>({
      registry,
      schema: record([
        ['sensor', 'string'],
        ['degrees', 'int'],
        ['gone', 'string'],
      ]),
    });
    const now = avro<object>({
      registry,
      schema: {
        type: 'record',
        name: 'R',
        fields: [
          { name: 'sensor', type: 'string' },
          { name: 'temperature', type: 'double', aliases: ['degrees'] },
          { name: 'unit', type: 'string', default: 'C' },
        ],
      },
    });
    await old.prepare!('t', 'value');
    const bytes = old.serialize({ sensor: 's', degrees: 21, gone: '!' }, context);
    expect(await readWith(now, bytes)).toEqual({ sensor: 's', temperature: 21, unit: 'C' });
  });

  it('refuses what its own schema cannot be resolved with', async () => {
    const registry = inMemorySchemaRegistry();
    const old = avro<object>({ registry, schema: record([['a', 'string']]) });
    const now = avro<object>({ registry, schema: record([['a', 'int']]) });
    await old.prepare!('t', 'value');
    const bytes = old.serialize({ a: 'x' }, context);
    await expect(readWith(now, bytes)).rejects.toThrow(/schema 1 cannot be used here: .*int/);
  });

  it('reads with the schema of the writer where it has none', async () => {
    const registry = inMemorySchemaRegistry();
    const writer = avro<object>({ registry, schema: record([['a', 'string']]) });
    await writer.prepare!('t', 'value');
    const reader = avro<object>({ registry });
    expect(await readWith(reader, writer.serialize({ a: 'x' }, context))).toEqual({ a: 'x' });
    await expect(reader.prepare!('t', 'value')).rejects.toThrow(/given no schema, so it only reads/);
  });

  it('makes values of logical types by the classes that it was given', async () => {
    class InstantType extends avsc.types.LogicalType {
      protected override _fromValue(value: number): Date {
        return new Date(value);
      }
      protected override _toValue(date: Date): number {
        return date.getTime();
      }
    }
    const serde = avro<{ at: Date }>({
      registry: inMemorySchemaRegistry(),
      schema: {
        type: 'record',
        name: 'R',
        fields: [{ name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } }],
      },
      logicalTypes: { 'timestamp-millis': InstantType },
    });
    const roundTrip = await preparedRoundTrip(serde);
    expect(roundTrip({ at: new Date(5) }).at).toEqual(new Date(5));
  });

  it('reads longs exactly, or refuses them', async () => {
    const registry = inMemorySchemaRegistry();
    const exact = avro<bigint>({ registry, schema: '"long"', longs: 'bigint' });
    const roundTrip = await preparedRoundTrip(exact);
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        (value) => roundTrip(value) === value,
      ),
    );
    const numbers = avro<number>({ registry, schema: '"long"' });
    await numbers.prepare!('t', 'value');
    for (const beyond of [2n ** 52n, -(2n ** 52n) - 1n, 2n ** 53n, 2n ** 60n, -(2n ** 63n)]) {
      await expect(readWith(numbers, exact.serialize(beyond, context))).rejects.toThrow(/beyond 2\^52/);
      expect(() => numbers.serialize(Number(beyond), context)).toThrow('the value must be long');
    }
    for (const near of [2n ** 52n - 1n, -(2n ** 52n)])
      expect(await readWith(numbers, exact.serialize(near, context))).toBe(Number(near));
  });

  it('says where a value does not fit, and never shows it', async () => {
    const serde = avro<object>({ registry: inMemorySchemaRegistry(), schema: READING });
    await serde.prepare!('t', 'value');
    const value = { ...fc.sample(reading, 1)[0]!, temperature: 'SECRET', state: 'SECRET' };
    const write = () => serde.serialize(value, context);
    expect(write).toThrow(
      'does not fit the schema example.Reading: temperature must be double; state must be example.State',
    );
  });

  it('refuses bytes that are cut off, or too long, and reads nothing of its neighbours', async () => {
    const serde = avro<object>({ registry: inMemorySchemaRegistry(), schema: record([['a', 'string']]) });
    await serde.prepare!('t', 'value');
    const bytes = Buffer.from(serde.serialize({ a: 'hello' }, context));
    const neighbours = Buffer.concat([bytes, bytes]);
    for (let end = 0; end < neighbours.length; end++) {
      if (end === bytes.length) continue;
      expect(() => serde.deserializeRange!(neighbours, 0, end, context)).toThrow(RangeError);
    }
  });

  it('resolves references to other subjects', async () => {
    const registry = inMemorySchemaRegistry();
    await registry.register('site-value', {
      type: 'AVRO',
      text: '{"type":"record","name":"Site","fields":[{"name":"floor","type":"int"}]}',
      references: [],
    });
    const serde = avro<object>({
      registry,
      schema: record([['site', 'Site']]),
      references: [{ name: 'Site', subject: 'site-value', version: 1 }],
    });
    const roundTrip = await preparedRoundTrip(serde);
    expect(roundTrip({ site: { floor: 2 } })).toEqual({ site: { floor: 2 } });
    const reader = avro<object>({ registry });
    expect(await readWith(reader, serde.serialize({ site: { floor: 2 } }, context))).toEqual({
      site: { floor: 2 },
    });
  });

  it('refuses a schema that is none where it is declared', () => {
    expect(() => avro({ registry: inMemorySchemaRegistry(), schema: '{"type":"recrod"}' })).toThrow(
      /Cannot use this AVRO schema: .*recrod/,
    );
  });
});

function record(fields: readonly (readonly [name: string, type: string])[]): string {
  return JSON.stringify({
    type: 'record',
    name: 'R',
    fields: fields.map(([name, type]) => ({ name, type })),
  });
}
