import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ProtocolReader } from './protocol-reader.ts';
import { ProtocolWriter } from './protocol-writer.ts';

const safe = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });

describe('ProtocolWriter and ProtocolReader', () => {
  it('give back numbers up to 2^53, strings of any script, bytes and arrays', () => {
    fc.assert(
      fc.property(
        safe,
        fc.option(fc.string({ unit: 'grapheme' }), { nil: null }),
        fc.uint8Array({ maxLength: 400 }),
        fc.array(fc.nat()),
        (long, text, bytes, array) => {
          const writer = new ProtocolWriter(1); // grows all the way
          writer
            .int64(long)
            .string(text)
            .bytes(bytes)
            .array(array, (value) => writer.uvarint(value));
          writer.int8(-1).int16(-2).int32(-3).boolean(true).tags();
          const reader = new ProtocolReader(writer.finish());
          expect(reader.int64()).toBe(long);
          expect(reader.nullableString()).toBe(text);
          expect(Buffer.compare(reader.bytes(), bytes)).toBe(0);
          expect(reader.array(() => reader.uvarint())).toEqual(array);
          expect([reader.int8(), reader.int16(), reader.int32(), reader.boolean()]).toEqual([
            -1,
            -2,
            -3,
            true,
          ]);
          reader.tags();
          expect(reader.remaining).toBe(0);
        },
      ),
    );
  });

  it('write the compact forms of KIP-482: lengths are one more, null is 0', () => {
    const writer = new ProtocolWriter();
    writer
      .string('ab')
      .string(null)
      .string('')
      .bytes(Buffer.from([7]))
      .uvarint(300)
      .nullArray();
    expect(writer.finish().toString('hex')).toBe('036162' + '00' + '01' + '0207' + 'ac02' + '00');
  });

  it('skip tagged fields that are not known, and read those that are', () => {
    // Two fields: tag 1 of 3 bytes, tag 9 of 2 bytes; then a byte behind them.
    const bytes = Buffer.from([2, 1, 3, 0xff, 0xff, 0xff, 9, 2, 0x12, 0x34, 42]);
    const reader = new ProtocolReader(bytes);
    let seen = 0;
    reader.tagged((tag) => {
      if (tag === 9) seen = reader.int16();
    });
    expect([seen, reader.int8()]).toEqual([0x1234, 42]);
  });

  it('refuse a field that reaches beyond the response', () => {
    expect(() => new ProtocolReader(Buffer.from([10, 65])).string()).toThrow('in the middle of a field');
  });
});
