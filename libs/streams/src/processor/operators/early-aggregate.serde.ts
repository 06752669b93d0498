/** An aggregate whose result is given while its window is open, as bytes:
 *  version u8 (1) | changedInMs float64 BE | aggregate */
import { asBuffer } from '../../serde/bytes.ts';
import { madeOf, type Serde } from '../../serde/serde.ts';

export interface EarlyAggregate<A = unknown> {
  aggregate: A;
  /** Where the interval begins in which it last changed: see `EarlyResults`. */
  changedInMs: number;
}

const VERSION = 1;
const HEADER_BYTES = 9;

export function earlyAggregateSerde<A>(of: Serde<A>): Serde<EarlyAggregate<A>> {
  return {
    ...madeOf('early aggregate', of),
    serialize({ aggregate, changedInMs }, context) {
      const value = of.serialize(aggregate, context);
      const bytes = Buffer.allocUnsafe(HEADER_BYTES + value.length);
      bytes[0] = VERSION;
      bytes.writeDoubleBE(changedInMs, 1);
      bytes.set(value, HEADER_BYTES);
      return bytes;
    },
    deserialize(bytes, context) {
      const buffer = asBuffer(bytes);
      if (buffer[0] !== VERSION || buffer.length < HEADER_BYTES) throw notEarly();
      return {
        aggregate: of.deserialize(buffer.subarray(HEADER_BYTES), context),
        changedInMs: buffer.readDoubleBE(1),
      };
    },
  };
}

function notEarly(): RangeError {
  return new RangeError(
    'these bytes are no aggregate with early results: emit was changed under the same store name. Give it another name, or reset the application.',
  );
}
