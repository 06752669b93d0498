import { describe, expect, it } from '@jest/globals';
import type { SerdeContext } from '../serde.ts';
import { json } from '../json.serde.ts';
import { schema } from './schema.ts';

const context: SerdeContext = { topic: 't', part: 'value', headers: () => [] };
const reading = schema.object({
  sensor_id: schema.string({ minLength: 1 }),
  temperature: schema.number(),
  at: schema.timestamp(),
  state: schema.literal('ok', 'bad'),
  site: schema.object({ floor: schema.integer(), zone: schema.nullable(schema.string()) }),
  tags: schema.optional(schema.array(schema.string())),
});
const serde = json(reading);
const read = (value: unknown) => serde.deserialize(Buffer.from(JSON.stringify(value)), context);
const good = {
  sensor_id: 'a',
  temperature: 20.5,
  at: 1_700_000_000_000,
  state: 'ok' as const,
  site: { floor: -1, zone: null },
};

describe('a declared schema', () => {
  it('gives the declared fields, in the declared order, whatever came', () => {
    const { sensor_id, ...rest } = good;
    const value = read({ ...rest, unknown: [1], tags: ['x'], sensor_id });
    expect(JSON.stringify(value)).toBe(JSON.stringify({ ...good, tags: ['x'] }));
  });

  it('takes a time as epoch milliseconds or as ISO 8601', () => {
    expect(read({ ...good, at: '2023-11-14T22:13:20Z' })).toEqual(good);
    expect(() => read({ ...good, at: 'soon' })).toThrow(
      'at must be epoch milliseconds or an ISO 8601 date-time, but is "soon"',
    );
  });

  it('names every place that does not fit', () => {
    expect(() =>
      read({ ...good, sensor_id: '', state: 'new', site: { floor: 1.5 }, tags: ['x', 7] }),
    ).toThrow(
      'does not fit the schema: sensor_id must be a text that is not empty, but is ""; ' +
        'state must be "ok" or "bad", but is "new"; site.floor must be a whole number, but is 1.5; ' +
        'site.zone must be a text or null, but is missing; tags.1 must be a text, but is 7',
    );
  });

  it('writes what it reads, without what is not declared', () => {
    const withMore = { ...good, secret: 1 };
    const bytes = serde.serialize(withMore, context);
    expect(Buffer.from(bytes).toString()).toBe(JSON.stringify(good));
    expect(serde.deserialize(bytes, context)).toEqual(good);
  });

  it('writes what `encode` makes of a value', () => {
    const upper = json(schema.object({ id: schema.string() }), {
      encode: ({ id }) => ({ id: id.toUpperCase() }),
    });
    expect(Buffer.from(upper.serialize({ id: 'a' }, context)).toString()).toBe('{"id":"A"}');
  });

  it('is a Standard Schema', () => {
    const { validate } = reading['~standard'];
    expect(validate(good)).toEqual({ value: good });
    expect(validate({ ...good, temperature: '1' })).toEqual({
      issues: [{ path: ['temperature'], message: 'must be a finite number, but is "1"' }],
    });
  });

  it('refuses a field that no object can have', () => {
    expect(() => schema.object({ ['__proto__']: schema.string() })).toThrow('__proto__');
  });
});
