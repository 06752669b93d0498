import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { string } from '../../serde/primitives.serde.ts';
import type { Serde, SerdeContext } from '../../serde/serde.ts';
import { rowChange } from './row-change.ts';

const context: SerdeContext = { topic: 'groups', part: 'value', headers: () => [] };
const serde = rowChange(string() as Serde<unknown>);

describe('rowChange', () => {
  it('gives back both rows, of which any may be missing or empty', () => {
    const row = fc.option(fc.string());
    fc.assert(
      fc.property(row, row, (previous, value) => {
        const bytes = serde.serialize({ previous, value }, context);
        expect(serde.deserialize(bytes, context)).toEqual({ previous, value });
      }),
    );
  });

  it('is a flag, the length of the row before, and the rows', () => {
    const bytes = serde.serialize({ previous: 'ab', value: 'c' }, context);
    expect(Buffer.from(bytes).toString('hex')).toBe('03' + '00000002' + '6162' + '63');
  });

  it.each([0, 4, 6])('refuses what is cut off after %d bytes', (length) => {
    const bytes = serde.serialize({ previous: 'ab', value: 'c' }, context);
    expect(() => serde.deserialize(bytes.subarray(0, length), context)).toThrow('cut off');
  });
});
