import { describe, expect, it } from '@jest/globals';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { z } from 'zod';
import { DeserializationError } from '../errors/streams.error.ts';
import { json } from './json.serde.ts';
import type { SerdeContext } from './serde.ts';

const context: SerdeContext = { topic: 't', part: 'value', headers: () => [] };
const read = (serde: { deserialize(bytes: Uint8Array, context: SerdeContext): unknown }, value: unknown) =>
  serde.deserialize(Buffer.from(JSON.stringify(value)), context);

const reading = z.object({
  sensor_id: z.string(),
  temperature: z.number(),
  site: z.object({ zone: z.string() }),
});

describe('json with a schema', () => {
  it('gives what the schema makes of the value', () => {
    const good = { sensor_id: 'a', temperature: 1, site: { zone: 'x' } };
    expect(read(json(reading), { ...good, unknown: true })).toEqual(good);
  });

  it('names every path that does not fit', () => {
    const bad = { sensor_id: 7, temperature: 1, site: { zone: null } };
    expect(() => read(json(reading), bad)).toThrow(DeserializationError);
    expect(() => read(json(reading), bad)).toThrow(/schema: sensor_id: .*; site\.zone: /);
  });

  it('writes back by `encode` what the schema changed', () => {
    const at = z.object({ at: z.string().transform((text) => new Date(text)) });
    const serde = json(at, { encode: (value) => ({ at: value.at.toISOString() }) });
    const value = { at: new Date(1_000) };
    const written = serde.serialize(value, context);
    expect(Buffer.from(written).toString()).toBe('{"at":"1970-01-01T00:00:01.000Z"}');
    expect(serde.deserialize(written, context)).toEqual(value);
  });

  it('refuses a schema that answers later, and leaves no rejection behind', () => {
    const schema: StandardSchemaV1<unknown, unknown> = {
      '~standard': { version: 1, vendor: 'late', validate: () => Promise.reject(new Error('later')) },
    };
    expect(() => read(json(schema), 1)).toThrow('this late schema: it validates asynchronously');
  });

  it('takes issues without a path, and path segments that are objects', () => {
    const issues = [{ message: 'wrong' }, { message: 'empty', path: [{ key: 'list' }, 0] }];
    const schema: StandardSchemaV1<unknown, unknown> = {
      '~standard': { version: 1, vendor: 'own', validate: () => ({ issues }) },
    };
    expect(() => read(json(schema), 1)).toThrow('does not fit the schema: wrong; list.0: empty');
  });
});
