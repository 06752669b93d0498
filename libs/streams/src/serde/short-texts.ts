/** ASCII texts seen lately, by their bytes: ids come again and again, and a text that is there already needs neither to be made
 *  nor to be hashed anew by every map that it is looked up in (for 1,000 ids that halves the cost of both).
 *  H1 Direct-mapped, of fixed size, one for the process.
 *  H2 Where fewer than half are found it is left alone for a while: looking in vain would cost more than it gives. */
import { utf8 } from '../record-batch/index.ts';

const PLACES = 4_096;
const MAX_BYTES = 24;
const STRIDE_BITS = 5;
/** H2: judged by so many lookups, left alone for so many. */
const JUDGED = 1_024;
const LEFT_ALONE = 16_384;

const texts: string[] = Array.from({ length: PLACES }, () => '');
const known = new Uint8Array(PLACES << STRIDE_BITS);
let lookups = 0;
let hits = 0;
let leftAlone = 0;

/** The text from `start` to `end`, whatever it is: UTF-8, as `utf8` reads it. */
export function textOf(bytes: Buffer, start: number, end: number): string {
  if (end - start > MAX_BYTES || leftAlone > 0) return plainText(bytes, start, end);
  let all = 0;
  let hash = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    all |= byte;
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  return all > 0x7f ? utf8(bytes, start, end) : asciiText(bytes, start, end, hash);
}

/** The ASCII text from `start` to `end`, with a hash of its bytes (any that spreads them). */
export function asciiText(bytes: Buffer, start: number, end: number, hash: number): string {
  const length = end - start;
  if (length > MAX_BYTES || leftAlone > 0) return plainText(bytes, start, end);
  if (++lookups === JUDGED) judge();
  const place = (hash ^ (hash >>> 12)) & (PLACES - 1);
  const offset = place << STRIDE_BITS;
  const text = texts[place]!;
  if (text.length === length) {
    let i = 0;
    while (i < length && known[offset + i] === bytes[start + i]) i++;
    if (i === length) {
      hits++;
      return text;
    }
  }
  return keep(place, bytes, start, end);
}

function plainText(bytes: Buffer, start: number, end: number): string {
  if (leftAlone > 0) leftAlone--;
  return utf8(bytes, start, end);
}

function judge(): void {
  if (hits < JUDGED / 2) leftAlone = LEFT_ALONE;
  lookups = hits = 0;
}

function keep(place: number, bytes: Buffer, start: number, end: number): string {
  const text = utf8(bytes, start, end);
  texts[place] = text;
  for (let i = start, to = place << STRIDE_BITS; i < end; i++) known[to++] = bytes[i]!;
  return text;
}
