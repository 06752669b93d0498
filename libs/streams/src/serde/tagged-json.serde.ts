import { utf8 } from '../record-batch/index.ts';
import { asBuffer } from './bytes.ts';
import type { Serde } from './serde.ts';
import { parseTagged, stringifyTagged } from './tagged-json.ts';
import { writesStraight } from './value-writer.ts';

const TAGGED_JSON: Serde<unknown> = writesStraight(
  {
    format: 'tagged-json',
    serialize: (value) => Buffer.from(stringifyTagged(value), 'utf8'),
    deserialize: (bytes) => parseTagged(utf8(asBuffer(bytes), 0, bytes.length)),
    deserializeRange: (buffer, start, end) => parseTagged(utf8(buffer, start, end)),
  },
  (value, out) => out.text(stringifyTagged(value)),
);

/** The engine's own format, used where no serde is given (repartition topics, stores, sinks): JSON that also carries
 *  Date, bigint, bytes, Map, Set, NaN and infinities. See `tagged-json.ts`. */
export function taggedJson<T>(): Serde<T> {
  return TAGGED_JSON as Serde<T>;
}
