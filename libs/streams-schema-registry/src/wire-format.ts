/** Confluent's wire format: magic u8 (0) | schema id int32 BE | what the format writes. */

export const HEADER_BYTES = 5;
const MAGIC = 0;

/** @throws RangeError for bytes that do not begin so */
export function readSchemaId(buffer: Buffer, start: number, end: number): number {
  if (end - start < HEADER_BYTES)
    throw new RangeError(
      `${end - start} bytes are too few for the id of a schema: they were written without one`,
    );
  if (buffer[start] !== MAGIC)
    throw new RangeError(
      `the first byte is ${buffer[start]}, not 0: they were written without the id of a schema`,
    );
  return buffer.readInt32BE(start + 1);
}

export function writeHeader(buffer: Buffer, schemaId: number): void {
  buffer[0] = MAGIC;
  buffer.writeInt32BE(schemaId, 1);
}

/** The body behind its header. */
export function framed(schemaId: number, body: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  writeHeader(bytes, schemaId);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}
