/** Versions of a row as bytes: version u8 (1) | per version: fromMs float64 BE | toMs float64 BE | length u32 BE (0xffffffff: there was
 *  no row, no bytes) | value */
import { asBuffer } from '../../../serde/bytes.ts';
import { preparedWith, type Serde } from '../../../serde/serde.ts';

/** Held from `fromMs` until before `toMs`. */
export interface RowVersion {
  readonly fromMs: number;
  readonly toMs: number;
  /** null: there was no row. */
  readonly value: unknown;
}

const VERSION = 1;
const HEAD_BYTES = 20;
const NO_ROW = 0xffffffff;

export function rowVersionsSerde(of: Serde<unknown>): Serde<RowVersion[]> {
  return {
    ...preparedWith(of),
    serialize(versions, context) {
      const values = versions.map(({ value }) => (value === null ? null : of.serialize(value, context)));
      const size = values.reduce((sum, value) => sum + HEAD_BYTES + (value?.length ?? 0), 1);
      const bytes = Buffer.allocUnsafe(size);
      bytes[0] = VERSION;
      let at = 1;
      for (const [index, { fromMs, toMs }] of versions.entries()) {
        const value = values[index]!;
        bytes.writeDoubleBE(fromMs, at);
        bytes.writeDoubleBE(toMs, at + 8);
        bytes.writeUInt32BE(value === null ? NO_ROW : value.length, at + 16);
        at += HEAD_BYTES;
        if (value === null) continue;
        bytes.set(value, at);
        at += value.length;
      }
      return bytes;
    },
    deserialize(bytes, context) {
      const buffer = asBuffer(bytes);
      if (buffer[0] !== VERSION) throw notVersions();
      const versions: RowVersion[] = [];
      for (let at = 1; at < buffer.length;) {
        const length = buffer.readUInt32BE(at + 16);
        const from = at + HEAD_BYTES;
        const to = length === NO_ROW ? from : from + length;
        if (to > buffer.length) throw notVersions();
        const value = length === NO_ROW ? null : of.deserialize(buffer.subarray(from, to), context);
        versions.push({ fromMs: buffer.readDoubleBE(at), toMs: buffer.readDoubleBE(at + 8), value });
        at = to;
      }
      return versions;
    },
  };
}

function notVersions(): RangeError {
  return new RangeError(
    'these bytes are no versions of a row: the table was changed under the same name. Give it another name, or reset the application.',
  );
}
