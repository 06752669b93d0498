/** Accumulators as bytes:
 *  version u8 (1) | shape u32 BE | number slots, float64 BE each | object slots as one tagged JSON array, nothing when all are empty
 *  `shape` is a checksum of the aggregates in words: state of other aggregates is refused instead of misread. */
import { crc32c, utf8 } from '../record-batch/index.ts';
import { asBuffer } from '../serde/bytes.ts';
import type { Serde } from '../serde/serde.ts';
import { parseTagged, stringifyTagged } from '../serde/tagged-json.ts';
import { writesStraight } from '../serde/value-writer.ts';
import type { Accumulator } from './accumulator.ts';

const VERSION = 1;
const HEADER_BYTES = 5;

export function accumulatorSerde(shape: string, create: () => Accumulator): Serde<Accumulator> {
  const shapeSum = crc32c(Buffer.from(shape, 'utf8'));
  const numbersEnd = HEADER_BYTES + create().numbers.length * 8;

  const deserializeRange = (buffer: Buffer, start: number, end: number): Accumulator => {
    if (
      end - start < numbersEnd ||
      buffer[start] !== VERSION ||
      buffer.readUInt32BE(start + 1) !== shapeSum
    ) {
      throw new RangeError(
        `these bytes are no state of ${shape}: the aggregates were changed under the same store name. Give the aggregation another name, or reset the application.`,
      );
    }
    const accumulator = create();
    const { numbers } = accumulator;
    for (let i = 0; i < numbers.length; i++) numbers[i] = buffer.readDoubleBE(start + HEADER_BYTES + i * 8);
    if (end - start > numbersEnd)
      accumulator.objects = parseTagged(utf8(buffer, start + numbersEnd, end)) as unknown[];
    return accumulator;
  };

  const serde: Serde<Accumulator> = {
    format: `aggregates ${shape}`,
    serialize({ numbers, objects }) {
      const text = objects === null ? '' : stringifyTagged(objects);
      const bytes = Buffer.allocUnsafe(numbersEnd + Buffer.byteLength(text));
      bytes[0] = VERSION;
      bytes.writeUInt32BE(shapeSum, 1);
      for (let i = 0; i < numbers.length; i++) bytes.writeDoubleBE(numbers[i]!, HEADER_BYTES + i * 8);
      bytes.write(text, numbersEnd);
      return bytes;
    },
    deserialize: (bytes) => deserializeRange(asBuffer(bytes), 0, bytes.length),
    deserializeRange,
  };
  return writesStraight(serde, ({ numbers, objects }, out) => {
    out.byte(VERSION);
    out.uint32(shapeSum);
    for (let i = 0; i < numbers.length; i++) out.double(numbers[i]!);
    if (objects !== null) out.text(stringifyTagged(objects));
  });
}
