import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import protobufjs from 'protobufjs';
import { inMemorySchemaRegistry } from '../registry/in-memory-registry.ts';
import { context, preparedRoundTrip, readWith } from '../round-trip.testing.ts';
import { protobuf } from './protobuf.serde.ts';

const READING = `
syntax = "proto3";
package example;
import "google/protobuf/timestamp.proto";
message Header { string source = 1; }
message Reading {
  enum State { OK = 0; BAD = 1; }
  message Site { sint32 floor = 1; bytes raw = 2; }
  string sensor_id = 1;
  double temperature = 2;
  int64 at = 3;
  State state = 4;
  Site site = 5;
  repeated uint32 counts = 6;
  map<string, bool> flags = 7;
  google.protobuf.Timestamp since = 8;
}
`;
interface Reading {
  sensorId: string;
  temperature: number;
  at: string;
  state: 'OK' | 'BAD';
  site: { floor: number; raw: Buffer } | null;
  counts: number[];
  flags: Record<string, boolean>;
  since: { seconds: string; nanos: number } | null;
}
const reading = fc.record<Reading>({
  sensorId: fc.string(),
  temperature: fc.double(),
  at: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  state: fc.constantFrom('OK', 'BAD'),
  site: fc.option(
    fc.record({ floor: fc.integer(), raw: fc.uint8Array().map((bytes) => Buffer.from(bytes)) }),
  ),
  counts: fc.array(fc.nat()),
  flags: fc.dictionary(
    fc.string().filter((name) => name !== '__proto__'),
    fc.boolean(),
  ),
  since: fc.constantFrom(null, { seconds: '5', nanos: 7 }),
});
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('protobuf', () => {
  it('reads what it writes, whatever stands before and behind it', async () => {
    const serde = protobuf<Reading>({
      registry: inMemorySchemaRegistry(),
      schema: READING,
      message: 'example.Reading',
    });
    const roundTrip = await preparedRoundTrip(serde);
    const same = (value: Reading) => expect(plain(roundTrip(value))).toEqual(plain(value));
    fc.assert(
      fc.property(
        reading.filter(({ temperature }) => Number.isFinite(temperature)),
        same,
      ),
    );
  });

  it('writes the way to the message, and one byte 0 for the first of the file', async () => {
    const indexes = async (message?: string) => {
      const serde = protobuf<object>({
        registry: inMemorySchemaRegistry(),
        schema: READING,
        ...(message === undefined ? {} : { message }),
      });
      await serde.prepare!('t', 'value');
      return [...serde.serialize({}, context).subarray(5)];
    };
    expect(await indexes()).toEqual([0]);
    expect(await indexes('example.Reading')).toEqual([2, 2]);
    expect(await indexes('example.Reading.Site')).toEqual([4, 2, 0]);
  });

  it('reads a message with nothing in it', async () => {
    const roundTrip = await preparedRoundTrip(
      protobuf<object>({ registry: inMemorySchemaRegistry(), schema: READING }),
    );
    expect(roundTrip({})).toEqual({ source: '' });
  });

  it('reads each message as what it is where it has no schema, and refuses another message where it has', async () => {
    const registry = inMemorySchemaRegistry();
    const headers = protobuf<object>({ registry, schema: READING, message: 'example.Header' });
    const sites = protobuf<object>({ registry, schema: READING, message: 'example.Reading.Site' });
    for (const serde of [headers, sites]) await serde.prepare!('t', 'value');
    const reader = protobuf<object>({ registry });
    expect(await readWith(reader, headers.serialize({ source: 's' }, context))).toEqual({ source: 's' });
    const site = sites.serialize({ floor: -3 }, context);
    expect(await readWith(reader, site)).toMatchObject({ floor: -3 });
    await expect(readWith(headers, site)).rejects.toThrow(
      'it is a example.Reading.Site, not a example.Header',
    );
    const nowhere = Buffer.from(site);
    nowhere[6] = 20;
    await expect(readWith(reader, nowhere)).rejects.toThrow('has no message at 10.0');
  });

  it('reads another version of the message by field numbers', async () => {
    const registry = inMemorySchemaRegistry();
    const old = protobuf<object>({
      registry,
      schema: 'syntax = "proto3"; message R { int32 a = 1; string gone = 2; }',
    });
    const now = protobuf<object>({
      registry,
      schema: 'syntax = "proto3"; message R { int32 b = 1; string added = 3; }',
    });
    await old.prepare!('t', 'value');
    expect(await readWith(now, old.serialize({ a: 1, gone: 'x' }, context))).toEqual({ b: 1, added: '' });
  });

  it('keeps no part of the bytes that it reads', async () => {
    const registry = inMemorySchemaRegistry();
    const serde = protobuf<{ raw: Buffer }>({
      registry,
      schema: 'syntax = "proto3"; message R { bytes raw = 1; }',
    });
    await serde.prepare!('t', 'value');
    const bytes = Buffer.from(serde.serialize({ raw: Buffer.from('abc') }, context));
    const { raw } = serde.deserialize(bytes, context);
    bytes.fill(0);
    expect(Buffer.from(raw).toString()).toBe('abc');
  });

  it.each([
    [{ sensorId: 'SECRET', temperatur: 1 }, 'temperatur is no field of example.Reading'],
    [{ temperature: 'SECRET' }, 'temperature must be a double'],
    [{ at: '9223372036854775808' }, 'at must be a int64'],
    [{ state: 'SECRET' }, 'state must be one of OK, BAD'],
    [{ site: { floor: 1.5 } }, 'site.floor must be a sint32'],
    [{ counts: [1, -1] }, 'counts.1 must be a uint32'],
    [{ flags: { a: 'SECRET' } }, 'flags.a must be a bool'],
  ])('says where a value does not fit, and never shows it: %j', async (value, message) => {
    const serde = protobuf<object>({
      registry: inMemorySchemaRegistry(),
      schema: READING,
      message: 'example.Reading',
    });
    await serde.prepare!('t', 'value');
    const write = () => serde.serialize(value, context);
    expect(write).toThrow(`does not fit the schema example.Reading: ${message}`);
    expect(write).not.toThrow(/SECRET/);
  });

  it('reads and writes by generated code', async () => {
    const { root } = protobufjs.parse('syntax = "proto3"; message R { int32 a = 1; }');
    const type = root.lookupType('R');
    class R {
      readonly a: number;
      constructor(a: number) {
        this.a = a;
      }
    }
    const codec = {
      encode: (value: R) => type.encode(type.create({ a: value.a })),
      decode: (bytes: Uint8Array) => new R((type.decode(bytes) as unknown as R).a),
    };
    const serde = protobuf<R>({
      registry: inMemorySchemaRegistry(),
      schema: 'syntax = "proto3"; message R { int32 a = 1; }',
      codec,
    });
    const roundTrip = await preparedRoundTrip(serde);
    expect(roundTrip(new R(5))).toEqual(new R(5));
  });

  it('resolves imports by its references', async () => {
    const registry = inMemorySchemaRegistry();
    const text = 'syntax = "proto3"; package other; message Site { int32 floor = 1; }';
    await registry.register('site-value', { type: 'PROTOBUF', text, references: [] });
    const serde = protobuf<object>({
      registry,
      schema: 'syntax = "proto3"; import "site.proto"; message R { other.Site site = 1; }',
      references: [{ name: 'site.proto', subject: 'site-value', version: 1 }],
    });
    const roundTrip = await preparedRoundTrip(serde);
    expect(roundTrip({ site: { floor: 2 } })).toEqual({ site: { floor: 2 } });
  });

  it('refuses a schema that is none, or has no such message, where it is declared', () => {
    const registry = inMemorySchemaRegistry();
    expect(() => protobuf({ registry, schema: 'message {' })).toThrow(/Cannot use this PROTOBUF schema: /);
    expect(() => protobuf({ registry, schema: READING, message: 'Reading' })).toThrow(
      /it has no message Reading, but example.Header, example.Reading, example.Reading.Site/,
    );
  });
});
