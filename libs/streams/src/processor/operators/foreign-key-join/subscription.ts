/** What travels between the tables of a foreign-key join (KIP-213; Kafka Streams: SubscriptionWrapper, SubscriptionResponseWrapper):
 *  a left row subscribes to the right row that it names, and is answered at once and at each change of that row.
 *  F1 An answer carries the hash of the left row that subscribed. Where the left row is another one by now, it is dropped: the
 *     subscription of that one is on its way.
 *  F2 Every subscription is answered, also where there is no right row: what was joined before must go. So the answer that arrives
 *     last is that of the left row as it is, with the right row as it was last.
 *  F3 Answers go to the partition that the subscription came from, wherever that has put its keys. */
import { createHash } from 'node:crypto';
import { DeserializationError } from '../../../errors/streams.error.ts';
import type { Bytes } from '../../../record/record.ts';
import { asBuffer } from '../../../serde/bytes.ts';
import { preparedWith, type Serde, type SerdeContext } from '../../../serde/serde.ts';

/** Of a left row: 16 bytes as latin1. */
export type RowHash = string;

export interface Subscription {
  /** The left key's bytes, as latin1. */
  readonly primaryKey: string;
  /** null: it ends. */
  readonly hash: RowHash | null;
  /** Of the left table. */
  readonly partition: number;
}
export interface Answer {
  readonly hash: RowHash;
  /** The right row; null: there is none. */
  readonly row: unknown;
  /** Where it goes; not written. */
  readonly partition: number;
}

const HASH_BYTES = 16;

/** @param serde of the left rows: equal rows must have equal bytes, also after they were read back */
export function rowHash(join: string, serde: Serde<unknown>): (row: unknown) => RowHash {
  const context: SerdeContext = { topic: join, part: 'value', headers: () => [] };
  return (row) =>
    createHash('sha256').update(serde.serialize(row, context)).digest().toString('latin1', 0, HASH_BYTES);
}

const VERSION = 1;
const HEAD_BYTES = 6;
const SUBSCRIBES = 1;

/** version u8 (1) | flags u8 (1: subscribes) | partition u32 BE | hash, 16 bytes, if it subscribes | primary key */
export const subscriptionSerde: Serde<Subscription> = {
  serialize({ primaryKey, hash, partition }) {
    const bytes = Buffer.allocUnsafe(HEAD_BYTES + (hash === null ? 0 : HASH_BYTES) + primaryKey.length);
    bytes[0] = VERSION;
    bytes[1] = hash === null ? 0 : SUBSCRIBES;
    bytes.writeUInt32BE(partition, 2);
    const at = HEAD_BYTES + (hash === null ? 0 : bytes.write(hash, HEAD_BYTES, 'latin1'));
    bytes.write(primaryKey, at, 'latin1');
    return bytes;
  },
  deserialize(bytes) {
    const buffer = asBuffer(bytes);
    const subscribes = (buffer[1]! & SUBSCRIBES) !== 0;
    const keyAt = HEAD_BYTES + (subscribes ? HASH_BYTES : 0);
    if (buffer[0] !== VERSION || buffer.length < keyAt) throw notOfThisJoin('subscription', buffer.length);
    return {
      primaryKey: buffer.toString('latin1', keyAt, buffer.length),
      hash: subscribes ? buffer.toString('latin1', HEAD_BYTES, keyAt) : null,
      partition: buffer.readUInt32BE(2),
    };
  },
};

const HAS_ROW = 1;
const ANSWER_HEAD_BYTES = 2 + HASH_BYTES;

/** version u8 (1) | flags u8 (1: there is a row) | hash, 16 bytes | row */
export function answerSerde(of: Serde<unknown>): Serde<Answer> {
  return {
    ...preparedWith(of),
    serialize({ hash, row }, context) {
      const rowBytes = row === null ? EMPTY : of.serialize(row, context);
      const bytes = Buffer.allocUnsafe(ANSWER_HEAD_BYTES + rowBytes.length);
      bytes[0] = VERSION;
      bytes[1] = row === null ? 0 : HAS_ROW;
      bytes.write(hash, 2, 'latin1');
      bytes.set(rowBytes, ANSWER_HEAD_BYTES);
      return bytes;
    },
    deserialize(bytes, context) {
      const buffer = asBuffer(bytes);
      if (buffer[0] !== VERSION || buffer.length < ANSWER_HEAD_BYTES)
        throw notOfThisJoin('answer', buffer.length);
      const hasRow = (buffer[1]! & HAS_ROW) !== 0;
      return {
        hash: buffer.toString('latin1', 2, ANSWER_HEAD_BYTES),
        row: hasRow ? of.deserialize(buffer.subarray(ANSWER_HEAD_BYTES), context) : null,
        partition: -1,
      };
    },
  };
}

const EMPTY: Bytes = Buffer.alloc(0);

function notOfThisJoin(what: string, length: number): DeserializationError {
  return new DeserializationError(
    `Cannot read a ${what} of ${length} bytes: it was not written by this foreign-key join, or by another version of it.`,
  );
}

/** Bytes as latin1 text: a key that maps know without being read. */
export const latin1Key: Serde<string> = {
  serialize: (text) => Buffer.from(text, 'latin1'),
  deserialize: (bytes) => asBuffer(bytes).toString('latin1', 0, bytes.length),
};
