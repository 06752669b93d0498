/** Entries of a list store.
 *  key    key bytes | index int64 BE; index -1 is where the list's bounds are kept
 *  value  0 | first int64 BE | end int64 BE   or   1 | element bytes */
import { readInt64, writeInt64 } from '../../../record-batch/int64.ts';
import type { Bytes } from '../../../record/record.ts';
import { madeOf, type Serde } from '../../../serde/serde.ts';

export const BOUNDS = -1;
const INDEX_BYTES = 8;

export interface ListKey {
  readonly key: unknown;
  readonly index: number;
}
/** Elements lie from `first` up to but not including `end`. */
export interface ListBounds {
  readonly first: number;
  readonly end: number;
}
export type ListCell = ListBounds | { readonly element: unknown };

export function listKeySerde(key: Serde<unknown>): Serde<ListKey> {
  return {
    ...madeOf('list key', key),
    serialize(place, context) {
      const keyBytes = key.serialize(place.key, context);
      const bytes = Buffer.allocUnsafe(keyBytes.length + INDEX_BYTES);
      bytes.set(keyBytes, 0);
      writeInt64(bytes, place.index, keyBytes.length);
      return bytes;
    },
    deserialize(bytes, context) {
      const keyEnd = bytes.length - INDEX_BYTES;
      if (keyEnd < 0) throw new RangeError(`a list's key has at least ${INDEX_BYTES} bytes`);
      return {
        key: key.deserialize(bytes.subarray(0, keyEnd), context),
        index: readInt64(bufferOf(bytes), keyEnd),
      };
    },
  };
}

export function listCellSerde(value: Serde<unknown>): Serde<ListCell> {
  return {
    ...madeOf('list', value),
    serialize(cell, context) {
      if ('element' in cell) return Buffer.concat([ELEMENT, value.serialize(cell.element, context)]);
      const bytes = Buffer.alloc(1 + 2 * INDEX_BYTES);
      writeInt64(bytes, cell.first, 1);
      writeInt64(bytes, cell.end, 1 + INDEX_BYTES);
      return bytes;
    },
    deserialize(bytes, context) {
      if (bytes[0] === ELEMENT[0]) return { element: value.deserialize(bytes.subarray(1), context) };
      const buffer = bufferOf(bytes);
      if (bytes[0] !== 0 || buffer.length !== 1 + 2 * INDEX_BYTES)
        throw new RangeError('these bytes are no part of a list');
      return { first: readInt64(buffer, 1), end: readInt64(buffer, 1 + INDEX_BYTES) };
    },
  };
}

const ELEMENT = Buffer.from([1]);

function bufferOf(bytes: Bytes): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
