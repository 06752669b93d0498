/** ASCII texts seen lately, by their bytes: ids come again and again, and a text that is there already needs neither to be made
 *  nor to be hashed anew by every map that it is looked up in.
 *  Direct-mapped, of fixed size, one for the process: a text that comes once costs its place for a while, nothing else. */
import { utf8 } from '../../record-batch/index.ts';

const PLACES = 4_096;
const MAX_BYTES = 24;
const STRIDE_BITS = 5;

const texts: string[] = Array.from({ length: PLACES }, () => '');
const known = new Uint8Array(PLACES << STRIDE_BITS);

/** The ASCII text from `start` to `end`, with a hash of its bytes (any that spreads them). */
export function shortText(bytes: Buffer, start: number, end: number, hash: number): string {
  const length = end - start;
  if (length > MAX_BYTES) return utf8(bytes, start, end);
  const place = (hash ^ (hash >>> 12)) & (PLACES - 1);
  const offset = place << STRIDE_BITS;
  const text = texts[place]!;
  if (text.length === length) {
    let i = 0;
    while (i < length && known[offset + i] === bytes[start + i]) i++;
    if (i === length) return text;
  }
  return keep(place, offset, bytes, start, end);
}

function keep(place: number, offset: number, bytes: Buffer, start: number, end: number): string {
  const text = utf8(bytes, start, end);
  texts[place] = text;
  for (let i = start; i < end; i++) known[offset + i - start] = bytes[i]!;
  return text;
}
