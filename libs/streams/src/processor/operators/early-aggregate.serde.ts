/** An aggregate whose result is given while its window is open, as bytes: changedInMs float64 BE | aggregate */
import { asBuffer } from '../../serde/bytes.ts';
import { formatOf, type Serde } from '../../serde/serde.ts';

export interface EarlyAggregate<A = unknown> {
  aggregate: A;
  /** Where the interval begins in which it last changed: see `EarlyResults`. */
  changedInMs: number;
}

const HEADER_BYTES = 8;

export function earlyAggregateSerde<A>(of: Serde<A>): Serde<EarlyAggregate<A>> {
  return {
    ...formatOf('early aggregate', of),
    serialize({ aggregate, changedInMs }, context) {
      const value = of.serialize(aggregate, context);
      const bytes = Buffer.allocUnsafe(HEADER_BYTES + value.length);
      bytes.writeDoubleBE(changedInMs, 0);
      bytes.set(value, HEADER_BYTES);
      return bytes;
    },
    deserialize(bytes, context) {
      const buffer = asBuffer(bytes);
      return {
        aggregate: of.deserialize(buffer.subarray(HEADER_BYTES), context),
        changedInMs: buffer.readDoubleBE(0),
      };
    },
  };
}
