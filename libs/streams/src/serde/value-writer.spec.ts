import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ByteWriter } from './byte-writer.ts';
import { json } from './json.serde.ts';
import { bytes, double, long, string } from './primitives.serde.ts';
import type { Serde, SerdeContext } from './serde.ts';
import { taggedJson } from './tagged-json.serde.ts';
import { valueWriter } from './value-writer.ts';
import { windowed } from './windowed.serde.ts';

const context: SerdeContext = { topic: 't', part: 'value', headers: () => [] };
const text = fc.string({ unit: 'binary', maxLength: 100 });
const time = fc.integer({ min: 0, max: 2 ** 52 });
const window = fc.record({ startMs: time, endMs: time });

function written<T>(serde: Serde<T>, values: readonly T[], out = new ByteWriter()): Buffer {
  const write = valueWriter(serde);
  for (const value of values) write(value, out, context);
  return Buffer.from(out.buffer.subarray(0, out.end));
}

describe('valueWriter', () => {
  it.each<[string, unknown, fc.Arbitrary<unknown>]>([
    ['string', string(), text],
    ['double', double(), fc.double()],
    ['long', long(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
    ['bytes', bytes(), fc.uint8Array()],
    ['json', json<unknown>(), fc.jsonValue()],
    ['taggedJson', taggedJson(), fc.oneof(fc.jsonValue(), fc.date(), fc.bigInt(), fc.constant(NaN))],
    ['windowed', windowed(string()), fc.record({ key: text, window })],
  ])('writes what serialize gives, one value behind the other: %s', (_name, made, value) => {
    const serde = made as Serde<unknown>;
    fc.assert(
      fc.property(fc.array(value), (values) => {
        const each = values.map((one) => serde.serialize(one, context));
        expect(written(serde, values)).toEqual(Buffer.concat(each));
      }),
    );
  });

  it('writes more than the memory had room for', () => {
    const long = 'é'.repeat(3_000_000);
    const out = new ByteWriter();
    expect(written(string(), ['begin', long], out).toString()).toBe(`begin${long}`);
    out.clear();
    expect(written(string(), ['again'], out).toString()).toBe('again');
  });

  it('takes a serde made of another by its own serialize', () => {
    const shouting = { ...string(), serialize: (value: string) => Buffer.from(value.toUpperCase()) };
    expect(written(shouting, ['hot']).toString()).toBe('HOT');
  });

  it('leaves what JSON cannot hold to the caller', () => {
    expect(() => written(json<undefined>(), [undefined])).toThrow('Cannot write undefined as JSON.');
  });
});
