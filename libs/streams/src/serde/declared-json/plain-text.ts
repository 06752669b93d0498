/** Plain JSON tokens as bytes, written into slabs of memory that nobody gets twice. Each token is what JSON.stringify writes;
 *  what needs escapes, or more room than is left, is a miss. */
const SLAB_BYTES = 16 * 1024;
const HALF_DIGITS = 1e8;
/** Below this every integer is exact and has at most 15 digits: a float64 that is such an integer divided by a power of ten
 *  has no shorter text. */
const MAX_EXACT = 1e15;
const THOUSAND = 1_000;

export class PlainText {
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  /** Where the next value begins. */
  at = 0;

  /** The memory to write to, from `at` on, with room for so many bytes. */
  slab(bytes: number): Buffer {
    if (this.at + bytes > SLAB_BYTES) {
      this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes));
      this.at = 0;
    }
    return this.#slab;
  }

  /** What was written from `at` to `end`: the caller's from now on. */
  take(end: number): Buffer {
    const start = this.at;
    this.at = end;
    return this.#slab.subarray(start, end);
  }

  /** Where the text ends, quotes included; -1: a miss. */
  text(to: Buffer, start: number, text: string, limit: number): number {
    const { length } = text;
    if (start + length + 2 > limit) return -1;
    to[start] = 0x22;
    let at = start + 1;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return -1;
      to[at++] = code;
    }
    to[at] = 0x22;
    return at + 1;
  }

  /** Where the number ends: at most 24 bytes further. */
  number(to: Buffer, start: number, value: number): number {
    let at = start;
    let rest = value;
    if (rest < 0) {
      to[at++] = 0x2d;
      rest = -rest;
    }
    if (rest < MAX_EXACT) {
      if (rest === Math.floor(rest)) return integer(to, at, rest);
      const thousandths = Math.round(rest * THOUSAND);
      if (thousandths < MAX_EXACT && thousandths / THOUSAND === rest) return decimal(to, at, thousandths);
    }
    return ascii(to, start, String(value));
  }
}

function integer(to: Buffer, start: number, value: number): number {
  if (value < HALF_DIGITS) return digits(to, start, value | 0, countDigits(value | 0));
  const high = Math.floor(value / HALF_DIGITS);
  const middle = digits(to, start, high | 0, countDigits(high | 0));
  return digits(to, middle, (value - high * HALF_DIGITS) | 0, 8);
}

function decimal(to: Buffer, start: number, thousandths: number): number {
  const whole = Math.floor(thousandths / THOUSAND);
  const at = integer(to, start, whole);
  to[at] = 0x2e;
  let end = digits(to, at + 1, (thousandths - whole * THOUSAND) | 0, 3);
  while (to[end - 1] === 0x30) end--;
  return end;
}

function digits(to: Buffer, start: number, value: number, count: number): number {
  let rest = value;
  for (let at = start + count - 1; at >= start; at--) {
    const tenth = (rest / 10) | 0;
    to[at] = 0x30 + rest - tenth * 10;
    rest = tenth;
  }
  return start + count;
}

function countDigits(value: number): number {
  let count = 1;
  for (let power = 10; value >= power; power *= 10) count++;
  return count;
}

function ascii(to: Buffer, start: number, text: string): number {
  for (let i = 0; i < text.length; i++) to[start + i] = text.charCodeAt(i);
  return start + text.length;
}
