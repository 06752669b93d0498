/** Reads the body of a response in Kafka's flexible encoding (KIP-482). Bytes are views over the response's buffer. */
export class ProtocolReader {
  readonly buffer: Buffer;
  at = 0;
  /** How long the broker asks this client to be silent (KIP-219); the transport obeys. */
  throttleMs = 0;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  get remaining(): number {
    return this.buffer.length - this.at;
  }
  int8(): number {
    const value = this.buffer.readInt8(this.at);
    this.at += 1;
    return value;
  }
  int16(): number {
    const value = this.buffer.readInt16BE(this.at);
    this.at += 2;
    return value;
  }
  int32(): number {
    const value = this.buffer.readInt32BE(this.at);
    this.at += 4;
    return value;
  }
  int64(): number {
    const value = this.buffer.readInt32BE(this.at) * 4294967296 + this.buffer.readUInt32BE(this.at + 4);
    this.at += 8;
    return value;
  }
  boolean(): boolean {
    return this.int8() !== 0;
  }
  uvarint(): number {
    let value = 0;
    let factor = 1;
    let byte: number;
    do {
      byte = this.buffer.readUInt8(this.at++);
      value += (byte & 127) * factor;
      factor *= 128;
    } while (byte & 128);
    return value;
  }
  nullableString(): string | null {
    const length = this.uvarint();
    return length === 0 ? null : this.#text(length - 1);
  }
  string(): string {
    return this.nullableString() ?? '';
  }
  /** A view, not a copy; null becomes empty. */
  bytes(): Buffer {
    const length = this.uvarint();
    return length === 0 ? this.buffer.subarray(this.at, this.at) : this.#view(length - 1);
  }
  /** Null becomes empty. */
  array<T>(read: () => T): T[] {
    const length = this.uvarint() - 1;
    const values: T[] = [];
    for (let index = 0; index < length; index++) values.push(read());
    return values;
  }
  /** Skips tagged fields. */
  tags(): void {
    this.tagged(() => {});
  }
  /** Reads tagged fields; `read` is called at each with its tag and need not read to its end. */
  tagged(read: (tag: number) => void): void {
    for (let count = this.uvarint(); count > 0; count--) {
      const tag = this.uvarint();
      const size = this.uvarint();
      const end = this.at + size;
      read(tag);
      this.at = end;
    }
  }
  throttle(): void {
    this.throttleMs = this.int32();
  }
  classicString(): string {
    return this.#text(this.int16());
  }
  classicBytes(): Buffer {
    const length = this.int32();
    return length < 0 ? this.buffer.subarray(this.at, this.at) : this.#view(length);
  }

  #text(length: number): string {
    const view = this.#view(length);
    return view.toString('utf8');
  }
  #view(length: number): Buffer {
    const end = this.at + length;
    if (end > this.buffer.length) throw new RangeError('The response ends in the middle of a field.');
    const view = this.buffer.subarray(this.at, end);
    this.at = end;
    return view;
  }
}
