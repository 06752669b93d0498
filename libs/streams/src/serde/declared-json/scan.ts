/** The plain tokens of JSON, read from bytes. Whatever is not plain is a miss, never an error: JSON.parse decides about it then.
 *  S1 A token that is read is what JSON.parse makes of the same bytes.
 *  S2 `at` is where the last token ended. Nothing beyond `end` is searched; a token may run over it into the bytes behind, so a
 *     reader's last question is whether it stands at `end` exactly. */
import { utf8 } from '../../record-batch/index.ts';
import { asciiText } from '../short-texts.ts';

const QUOTE = 0x22;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

/** Beyond 15 digits a float64 no longer holds each integer made of them; up to 10^22 it holds each power of ten: one division of
 *  the two is the nearest number, as JSON.parse gives it. */
const MAX_DIGITS = 15;
const POWERS = Float64Array.from({ length: MAX_DIGITS + 1 }, (_, exponent) => Number(`1e${exponent}`));

export class Scan {
  at = 0;

  /** NaN: a miss. */
  number(bytes: Buffer, start: number): number {
    let at = start;
    let byte = bytes[at]!;
    const negative = byte === MINUS;
    if (negative) byte = bytes[++at]!;
    const first = at;
    let value = byte - ZERO;
    if (!(value >= 0 && value <= 9)) return NaN;
    let digit = bytes[++at]! - ZERO;
    if (value !== 0) {
      while (digit >= 0 && digit <= 9) {
        value = value * 10 + digit;
        digit = bytes[++at]! - ZERO;
      }
    }
    let digits = at - first;
    let decimals = 0;
    if (digit === POINT - ZERO) {
      const point = at;
      digit = bytes[++at]! - ZERO;
      while (digit >= 0 && digit <= 9) {
        value = value * 10 + digit;
        digit = bytes[++at]! - ZERO;
      }
      decimals = at - point - 1;
      if (decimals === 0) return NaN;
      digits += decimals;
    }
    if (digits > MAX_DIGITS || (digit | 0x20) === 0x35) return this.#longNumber(bytes, start, at);
    this.at = at;
    if (decimals !== 0) value /= POWERS[decimals]!;
    return negative ? -value : value;
  }

  /** Many digits, or an exponent: by the engine's own conversion, once the text is known to be a JSON number. */
  #longNumber(bytes: Buffer, start: number, mantissaEnd: number): number {
    let at = mantissaEnd;
    if ((bytes[at]! | 0x20) === 0x65) {
      at++;
      if (bytes[at] === MINUS || bytes[at] === 0x2b) at++;
      const first = at;
      while (bytes[at]! >= ZERO && bytes[at]! <= 0x39) at++;
      if (at === first) return NaN;
    }
    this.at = at;
    const value = Number(utf8(bytes, start, at));
    return Number.isFinite(value) ? value : NaN;
  }

  /** undefined: a miss. */
  text(bytes: Buffer, start: number, end: number): string | undefined {
    if (bytes[start] !== QUOTE) return undefined;
    const first = start + 1;
    let at = first;
    let all = 0;
    let hash = 0;
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) break;
      if (byte < SPACE || byte === BACKSLASH) return undefined;
      all |= byte;
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    if (at >= end) return undefined;
    this.at = at + 1;
    if (all > 0x7f) return utf8(bytes, first, at); // bytes below 0x80 are never part of another character, nor are the quotes
    return asciiText(bytes, first, at, hash);
  }
}
