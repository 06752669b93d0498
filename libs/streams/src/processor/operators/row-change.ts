/** What a row was and what it is, on its way to the group that counts it (Kafka Streams: Change, ChangedSerializer). */
import { DeserializationError } from '../../errors/streams.error.ts';
import type { Bytes } from '../../record/record.ts';
import { preparedWith, type Serde, type SerdeContext } from '../../serde/serde.ts';

export interface RowChange {
  /** null: it was not there, or not in this group. */
  readonly previous: unknown;
  /** null: it is not there any more, or not in this group. */
  readonly value: unknown;
}

/** Thrown by an aggregator over changes: a part of the change was refused, and the rest is to stay done. */
export class RefusedRow {
  /** What the rest made of the aggregate. */
  readonly aggregate: unknown;
  readonly cause: unknown;

  constructor(aggregate: unknown, cause: unknown) {
    this.aggregate = aggregate;
    this.cause = cause;
  }
}

const HAS_PREVIOUS = 1;
const HAS_VALUE = 2;
const HEAD_BYTES = 5;

/** flags u8 (1: previous, 2: value) | previousLength u32 BE | previous | value */
export function rowChange(of: Serde<unknown>): Serde<RowChange> {
  return {
    ...preparedWith(of),
    serialize({ previous, value }, context) {
      const before = previous === null ? null : of.serialize(previous, context);
      const now = value === null ? null : of.serialize(value, context);
      return join(before, now);
    },
    deserialize(bytes, context) {
      return read(of, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), context);
    },
  };
}

function join(previous: Bytes | null, value: Bytes | null): Bytes {
  const previousBytes = previous?.length ?? 0;
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + previousBytes + (value?.length ?? 0));
  bytes[0] = (previous === null ? 0 : HAS_PREVIOUS) | (value === null ? 0 : HAS_VALUE);
  bytes.writeUInt32BE(previousBytes, 1);
  if (previous !== null) bytes.set(previous, HEAD_BYTES);
  if (value !== null) bytes.set(value, HEAD_BYTES + previousBytes);
  return bytes;
}

function read(of: Serde<unknown>, bytes: Buffer, context: SerdeContext): RowChange {
  const valueAt = bytes.length < HEAD_BYTES ? Infinity : HEAD_BYTES + bytes.readUInt32BE(1);
  if (valueAt > bytes.length) {
    throw new DeserializationError(
      `Cannot read a row change of ${bytes.length} bytes: it is cut off, or was not written by a table's groupBy.`,
    );
  }
  const flags = bytes[0]!;
  return {
    previous:
      (flags & HAS_PREVIOUS) === 0 ? null : of.deserialize(bytes.subarray(HEAD_BYTES, valueAt), context),
    value: (flags & HAS_VALUE) === 0 ? null : of.deserialize(bytes.subarray(valueAt), context),
  };
}
