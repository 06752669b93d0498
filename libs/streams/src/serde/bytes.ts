import type { Bytes } from '../record/record.ts';

/** The same memory as a Buffer. */
export function asBuffer(bytes: Bytes): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** @throws RangeError when a value of fixed size has another size */
export function requireLength(type: string, expected: number, length: number): void {
  if (length !== expected) throw new RangeError(`a ${type} has ${expected} bytes, not ${length}`);
}
