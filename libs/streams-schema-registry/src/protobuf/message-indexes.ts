/** Which message of a .proto file a record is: the way to it by the places of messages among their siblings. Behind the header, as zigzag
 *  varints: count | index …; the first message of a file (1, 0) is one byte 0. */

export interface MessageIndexes {
  readonly path: readonly number[];
  /** Where the message begins. */
  readonly end: number;
}

export const FIRST_MESSAGE: readonly number[] = [0];
/** Deeper than any schema, so that damaged bytes end soon. */
const MAX_DEPTH = 32;

/** @throws RangeError for bytes that are none */
export function readMessageIndexes(buffer: Buffer, start: number, end: number): MessageIndexes {
  let position = start;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; shift < 32; shift += 7) {
      if (position >= end) throw new RangeError('the bytes end within the message indexes');
      const byte = buffer[position++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    throw new RangeError('a message index is too large');
  };
  const count = next();
  if (count === 0) return { path: FIRST_MESSAGE, end: position };
  if (count < 0 || count > MAX_DEPTH) throw new RangeError(`there cannot be ${count} message indexes`);
  return { path: Array.from({ length: count }, next), end: position };
}

export function writeMessageIndexes(path: readonly number[]): Buffer {
  if (path.length === 1 && path[0] === 0) return Buffer.of(0);
  return Buffer.from([path.length, ...path].flatMap(zigzagVarint));
}

function zigzagVarint(value: number): number[] {
  const bytes: number[] = [];
  let rest = 2 * value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return [...bytes, rest];
}
