import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { crc32c, portableCrc32c } from './crc32c.ts';
import { RecordBatchWriter, sealBatch, NO_PRODUCER } from './record-batch-writer.ts';
import { RecordCursor } from './record-cursor.ts';
import { BATCH_HEADER_BYTES, type RecordBatch } from './record-batch.ts';
import type { Headers } from '../record/record.ts';

interface Sample {
  key: Uint8Array | null;
  value: Uint8Array | null;
  timestampMs: number;
  headers: Headers;
}
const bytes = fc.option(fc.uint8Array({ maxLength: 300 }), { nil: null });
const samples: fc.Arbitrary<Sample> = fc.record({
  key: bytes,
  value: bytes,
  timestampMs: fc.integer({ min: -1, max: 8.64e15 / 2 }),
  headers: fc.array(fc.tuple(fc.string({ unit: 'grapheme', maxLength: 9 }), bytes), { maxLength: 3 }),
});

function encode(records: readonly Sample[], baseOffset: number): RecordBatch {
  const writer = new RecordBatchWriter();
  for (const r of records) writer.append(r.key, r.value, r.timestampMs, r.headers);
  const encoded = writer.take();
  const buffer = sealBatch(encoded, NO_PRODUCER);
  return {
    buffer,
    start: BATCH_HEADER_BYTES,
    end: buffer.length,
    count: encoded.count,
    baseOffset,
    baseTimestampMs: encoded.baseTimestampMs,
    logAppendTimeMs: null,
  };
}

describe('RecordBatchWriter and RecordCursor', () => {
  it('give back every record that was written, over several batches', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(samples, { minLength: 1, maxLength: 20 }), { maxLength: 3 }),
        (batches) => {
          const cursor = new RecordCursor();
          cursor.reset(
            batches.map((batch, index) => encode(batch, index * 1000)),
            0,
          );
          for (const [index, batch] of batches.entries()) {
            for (const [delta, sample] of batch.entries()) {
              expect(cursor.next()).toBe(true);
              expect(cursor.offset).toBe(index * 1000 + delta);
              expect(cursor.timestampMs).toBe(sample.timestampMs);
              expect(cursor.key()).toEqual(sample.key === null ? null : Buffer.from(sample.key));
              expect(cursor.value()).toEqual(sample.value === null ? null : Buffer.from(sample.value));
              expect(cursor.headers().map(([name, value]) => [name, value && Buffer.from(value)])).toEqual(
                sample.headers.map(([name, value]) => [name, value && Buffer.from(value)]),
              );
            }
          }
          expect(cursor.next()).toBe(false);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('skips records before the position asked for', () => {
    const record: Sample = { key: null, value: Buffer.from('x'), timestampMs: 1, headers: [] };
    const cursor = new RecordCursor();
    cursor.reset([encode([record, record, record], 10)], 12);
    expect([cursor.next(), cursor.offset, cursor.next()]).toEqual([true, 12, false]);
  });

  it('refuses a record that reaches beyond its batch', () => {
    const batch = encode([{ key: null, value: Buffer.from('abc'), timestampMs: 1, headers: [] }], 0);
    const cursor = new RecordCursor();
    cursor.reset([{ ...batch, end: batch.end - 2 }], 0);
    expect(() => cursor.next()).toThrow('reaches beyond the end of its batch');
  });
});

describe('crc32c', () => {
  it('gives the check value of the polynomial, native and portable alike', () => {
    expect(portableCrc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (data) => crc32c(data) === portableCrc32c(data)),
    );
  });
});
