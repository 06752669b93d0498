/** Writes the body of a request in Kafka's flexible encoding (KIP-482): big endian, compact strings and arrays, tagged fields.
 *  One growing buffer; big payloads say their size at the start so that they are copied once. */
export class ProtocolWriter {
  #buffer: Buffer;
  #at = 0;

  constructor(expectedBytes = 256) {
    this.#buffer = Buffer.allocUnsafe(expectedBytes);
  }

  int8(value: number): this {
    this.#reserve(1);
    this.#at = this.#buffer.writeInt8(value, this.#at);
    return this;
  }
  int16(value: number): this {
    this.#reserve(2);
    this.#at = this.#buffer.writeInt16BE(value, this.#at);
    return this;
  }
  int32(value: number): this {
    this.#reserve(4);
    this.#at = this.#buffer.writeInt32BE(value, this.#at);
    return this;
  }
  /** A number up to 2^53: offsets, times and producer ids fit. */
  int64(value: number): this {
    this.#reserve(8);
    this.#at = this.#buffer.writeBigInt64BE(BigInt(value), this.#at);
    return this;
  }
  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }
  uvarint(value: number): this {
    this.#reserve(5);
    let rest = value;
    while (rest >= 128) {
      this.#buffer[this.#at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#buffer[this.#at++] = rest;
    return this;
  }
  /** Compact nullable string: uvarint length + 1, 0 is null. */
  string(value: string | null): this {
    if (value === null) return this.uvarint(0);
    const bytes = Buffer.byteLength(value);
    this.uvarint(bytes + 1);
    this.#reserve(bytes);
    this.#at += this.#buffer.write(value, this.#at, 'utf8');
    return this;
  }
  /** Compact bytes: uvarint length + 1. */
  bytes(value: Uint8Array): this {
    this.uvarint(value.length + 1);
    return this.raw(value);
  }
  raw(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
    return this;
  }
  /** Compact array: uvarint length + 1, then the elements. */
  array<T>(values: readonly T[], write: (value: T) => void): this {
    this.uvarint(values.length + 1);
    for (const value of values) write(value);
    return this;
  }
  /** Compact array of null. */
  nullArray(): this {
    return this.uvarint(0);
  }
  /** Ends a structure: no tagged fields. */
  tags(): this {
    return this.uvarint(0);
  }
  /** Classic string (int16 length), of the consumer protocol's embedded structures. */
  classicString(value: string): this {
    this.int16(Buffer.byteLength(value));
    return this.raw(Buffer.from(value));
  }
  /** Classic bytes (int32 length). */
  classicBytes(value: Uint8Array): this {
    this.int32(value.length);
    return this.raw(value);
  }
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#at);
    this.#buffer = grown;
  }
}
