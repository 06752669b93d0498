/** Follows the answers of Kafka on one connection through the chunks in which they come: a chunk may hold several, or part of one. */

/** `length int32 | correlation id int32`; the length counts what follows it. */
const HEAD_BYTES = 8;
const LENGTH_BYTES = 4;

export class Answers {
  /** Of the answer under way, still to come. */
  #restBytes = 0;
  /** Of a head that was cut. */
  #head: Buffer = Buffer.alloc(0);

  /** Where in the next chunk the answer with this id begins (0: before it); null: it is not in it. Wants to see every chunk. */
  find(chunk: Buffer, correlationId: number | null): number | null {
    for (let at = this.#skip(chunk, 0); at < chunk.length; at = this.#skip(chunk, at)) {
      const beginsAt = at;
      at += this.#readHead(chunk.subarray(at, at + HEAD_BYTES - this.#head.length));
      if (this.#head.length < HEAD_BYTES) return null;
      this.#restBytes = this.#head.readInt32BE(0) + LENGTH_BYTES - HEAD_BYTES;
      const id = this.#head.readInt32BE(LENGTH_BYTES);
      this.#head = Buffer.alloc(0);
      if (id === correlationId) return beginsAt;
    }
    return null;
  }

  #readHead(bytes: Buffer): number {
    this.#head = Buffer.concat([this.#head, bytes]);
    return bytes.length;
  }

  #skip(chunk: Buffer, at: number): number {
    const skipped = Math.max(0, Math.min(this.#restBytes, chunk.length - at));
    this.#restBytes -= skipped;
    return at + skipped;
  }
}
