/** Bytes of several values, one behind the other, in memory that is used again: what is in it is copied before the next `clear`. */
import { writeInt64 } from '../record-batch/int64.ts';
import { utf8Write } from '../record-batch/utf8.ts';
import type { Bytes } from '../record/record.ts';

const INITIAL_BYTES = 4 * 1024;
/** More than that is not kept for the next values: one great value must not fix the size for ever. */
const MAX_KEPT_BYTES = 1 << 20;
/** Up to this length a loop writes a text quicker than a call does. */
const SHORT_TEXT = 32;
/** Of a UTF-16 code unit in UTF-8. */
const MAX_UNIT_BYTES = 3;
/** From this length on a text's bytes are counted rather than room made for thrice as many. */
const LONG_TEXT = 64 * 1024;

/** The bytes of a float64, as this machine has them. */
const float64 = new Float64Array(1);
const float64Bytes = new Uint8Array(float64.buffer);
const IS_BIG_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 0;

export class ByteWriter {
  buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  /** Behind the last byte. */
  end = 0;

  clear(): void {
    this.end = 0;
    if (this.buffer.length > MAX_KEPT_BYTES) this.buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  }

  bytes(value: Bytes): void {
    this.#reserve(value.length);
    this.buffer.set(value, this.end);
    this.end += value.length;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.buffer[this.end++] = value;
  }

  /** UTF-8. */
  text(value: string): void {
    const { length } = value;
    this.#reserve(length < LONG_TEXT ? length * MAX_UNIT_BYTES : Buffer.byteLength(value));
    if (length <= SHORT_TEXT && this.#ascii(value)) return;
    this.end += utf8Write(this.buffer, value, this.end);
  }

  /** False: there is something else in it. */
  #ascii(value: string): boolean {
    const { buffer, end } = this;
    const { length } = value;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      buffer[end + i] = code;
    }
    this.end = end + length;
    return true;
  }

  /** Big endian, exact to 2^53. */
  int64(value: number): void {
    this.#reserve(8);
    this.end = writeInt64(this.buffer, value, this.end);
  }
  uint32(value: number): void {
    this.#reserve(4);
    this.end = this.buffer.writeUInt32BE(value, this.end);
  }
  /** float64, big endian. */
  double(value: number): void {
    this.#reserve(8);
    float64[0] = value;
    const { buffer, end } = this;
    for (let i = 0; i < 8; i++) buffer[end + i] = float64Bytes[IS_BIG_ENDIAN ? i : 7 - i]!;
    this.end = end + 8;
  }

  #reserve(bytes: number): void {
    if (this.end + bytes > this.buffer.length) this.#grow(bytes);
  }
  #grow(bytes: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.end + bytes, this.buffer.length * 2));
    this.buffer.copy(grown, 0, 0, this.end);
    this.buffer = grown;
  }
}
