import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Serde, SerdeContext } from './serde.ts';
import { json } from './json.serde.ts';
import { bytes, double, long, string } from './primitives.serde.ts';
import { taggedJson } from './tagged-json.serde.ts';
import { windowed } from './windowed.serde.ts';

const context: SerdeContext = { topic: 't', part: 'value', headers: () => [] };

/** Writes, then reads by every way there is: alone, and out of the middle of a larger buffer. */
function readBack<T>(serde: Serde<T>, value: T): T[] {
  const written = serde.serialize(value, context);
  const plain = new Uint8Array(written);
  const within = Buffer.concat([Buffer.from('before"'), written, Buffer.from('}after')]);
  const range = serde.deserializeRange?.(within, 7, 7 + written.length, context);
  return [serde.deserialize(plain, context), ...(range === undefined ? [] : [range])];
}

function expectRoundTrip<T>(serde: Serde<T>, values: fc.Arbitrary<T>): void {
  fc.assert(
    fc.property(values, (value) => {
      for (const read of readBack(serde, value)) expect(read).toEqual(value);
    }),
  );
}

const text = () => fc.string({ unit: 'grapheme' });

describe('built-in serdes', () => {
  it('read back what they wrote', () => {
    expectRoundTrip(string(), text());
    expectRoundTrip(double(), fc.double());
    expectRoundTrip(long(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }));
    expectRoundTrip(
      bytes(),
      fc.uint8Array().map((array) => Buffer.from(array)),
    );
  });

  it("write numbers as Kafka's serializers do", () => {
    expect(Buffer.from(double().serialize(1.5, context)).toString('hex')).toBe('3ff8000000000000');
    expect(Buffer.from(long().serialize(-2n, context)).toString('hex')).toBe('fffffffffffffffe');
  });

  it('refuse numbers of another size', () => {
    expect(() => double().deserialize(Buffer.alloc(4), context)).toThrow('a double has 8 bytes, not 4');
    expect(() => long().deserialize(Buffer.alloc(9), context)).toThrow('a long has 8 bytes, not 9');
  });

  it('copy the bytes they read', () => {
    const source = Buffer.from('abc');
    const read = bytes().deserialize(source, context);
    source.fill(0);
    expect(read).toEqual(Buffer.from('abc'));
  });
});

describe('json', () => {
  it('reads back what it wrote', () => {
    expectRoundTrip(json<fc.JsonValue>(), fc.jsonValue({ noUnicodeString: false }).map(withoutNegativeZero));
  });

  it.each(['', '{', '{"a":1}}', 'undefined', '\xff'])('throws for %p', (broken) => {
    expect(() => json().deserialize(Buffer.from(broken, 'latin1'), context)).toThrow(SyntaxError);
  });

  it('refuses what has no JSON', () => {
    expect(() => json<unknown>().serialize(undefined, context)).toThrow('Cannot write undefined as JSON.');
  });
});

function withoutNegativeZero(value: fc.JsonValue): fc.JsonValue {
  return JSON.parse(JSON.stringify(value)) as fc.JsonValue;
}

describe('windowed', () => {
  const span = fc
    .tuple(fc.nat({ max: 2 ** 52 }), fc.nat({ max: 2 ** 40 }))
    .map(([startMs, size]) => ({ startMs, endMs: startMs + size }));

  it('reads back what it wrote, with any key', () => {
    expectRoundTrip(windowed(string()), fc.record({ key: text(), window: span }));
    expectRoundTrip(windowed(long()), fc.record({ key: fc.bigInt({ min: 0n, max: 9n }), window: span }));
    expectRoundTrip(
      windowed(bytes()),
      fc.record({ key: fc.uint8Array().map((a) => Buffer.from(a)), window: span }),
    );
  });

  it('writes key | start | end', () => {
    const written = windowed(string()).serialize(
      { key: 'k', window: { startMs: 1, endMs: 2 ** 32 } },
      context,
    );
    expect(Buffer.from(written).toString('hex')).toBe('6b00000000000000010000000100000000');
  });

  it('refuses bytes without a window', () => {
    expect(() => windowed(string()).deserialize(Buffer.alloc(15), context)).toThrow(
      'at least 16 bytes, not 15',
    );
  });
});

describe('tagged JSON', () => {
  const scalar = fc.oneof(
    text(),
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constant(undefined),
    fc.bigInt(),
    fc.date({ noInvalidDate: true }), // to Jest no invalid date equals another
    fc.uint8Array().map((array) => Buffer.from(array)),
  );
  const name = fc.oneof(text(), fc.constantFrom('$date', '$bigint', '$object', '$x', '__proto__', '$'));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      scalar,
      tie('array'),
      tie('object'),
      tie('map'),
      tie('set'),
    ),
    array: fc.array(tie('value')),
    object: fc.array(fc.tuple(name, tie('defined'))).map((entries) => Object.fromEntries(entries)),
    defined: tie('value').map((one) => (one === undefined ? null : one)),
    map: fc.array(fc.tuple(scalar, tie('value'))).map((entries) => new Map(entries)),
    set: fc.uniqueArray(text()).map((items) => new Set(items)),
  }));

  it('reads back every value it writes, tag look-alikes too', () => {
    expectRoundTrip(taggedJson<unknown>(), value);
  });

  it('reads back an invalid date', () => {
    const [read] = readBack(taggedJson<Map<Date, Date>>(), new Map([[new Date(NaN), new Date(NaN)]]));
    expect([...read!].flat().map((date) => date.getTime())).toEqual([NaN, NaN]);
  });

  it('is plain JSON where JSON is enough', () => {
    const plain = { sensor_id: 'a', readings: [1, 2.5], nested: { ok: true, none: null } };
    expect(Buffer.from(taggedJson().serialize(plain, context)).toString()).toBe(JSON.stringify(plain));
  });

  it('leaves the value it writes as it was', () => {
    const given = { at: new Date(5), list: [1n] };
    taggedJson().serialize(given, context);
    expect(given).toEqual({ at: new Date(5), list: [1n] });
  });

  it('writes an object with toJSON as that says, and drops undefined properties, as JSON does', () => {
    const given = { url: { toJSON: () => 'u' }, gone: undefined };
    expect(Buffer.from(taggedJson().serialize(given, context)).toString()).toBe('{"url":"u"}');
  });

  it.each([() => 1, Symbol('s')])('refuses %p', (given) => {
    expect(() => taggedJson().serialize({ given }, context)).toThrow(TypeError);
  });

  it('refuses a tag it does not know', () => {
    expect(() => taggedJson().deserialize(Buffer.from('{"$later":1}'), context)).toThrow(
      'unknown tag $later',
    );
  });
});
