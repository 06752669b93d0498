/** Who subscribes to which right row, in buckets: one segment of a window store each, that never expires. A bucket holds the
 *  subscriptions of many right keys, so one read brings all subscribers of a key, and the store needs no order of keys
 *  (Kafka Streams keeps them in order, and scans the prefix).
 *  S1 key = foreignKeyLength u32 BE | foreign key | primary key; value = partition u32 BE | hash, 16 bytes */
import type { StateSegment, StateStore } from '../../../state/state-store.ts';
import { asBuffer } from '../../../serde/bytes.ts';
import type { Serde } from '../../../serde/serde.ts';
import type { RowHash, Subscription } from './subscription.ts';

export interface Subscriber {
  readonly hash: RowHash;
  readonly partition: number;
}

/** Part of the layout: another number would look for subscriptions where they are not. A million of them are some 250 in each. */
const BUCKETS = 4_096;

export class Subscriptions {
  readonly state: StateStore;

  constructor(state: StateStore) {
    this.state = state;
  }

  /** @param foreignKey bytes as latin1 */
  bucketOf(foreignKey: string): StateSegment {
    return this.state.segment(fnv1a(foreignKey) % BUCKETS);
  }

  put(foreignKey: string, { primaryKey, hash, partition }: Subscription, timestampMs: number): void {
    const segment = this.bucketOf(foreignKey);
    const id = prefixOf(foreignKey) + primaryKey;
    const subscriber = hash === null ? null : { hash, partition };
    const entry = segment.entries.get(id) ?? this.#unread(segment, id, subscriber);
    if (entry === null) return;
    if (subscriber === null) return this.state.remove(entry);
    entry.value = subscriber;
    entry.timestampMs = timestampMs;
    this.state.touch(entry);
  }

  /** What was there does not matter. null: it is known that there is nothing to end. */
  #unread(segment: StateSegment, id: string, subscriber: Subscriber | null) {
    if (subscriber === null && this.state.isKnown(segment, id)) return null;
    return this.state.overwrite<unknown>(segment, id, id, subscriber);
  }

  /** Of a bucket that is in memory whole. */
  *of(foreignKey: string): Iterable<readonly [primaryKey: string, Subscriber]> {
    const prefix = prefixOf(foreignKey);
    for (const [id, { value }] of this.bucketOf(foreignKey).entries) {
      const key = id as string;
      if (key.startsWith(prefix)) yield [key.slice(prefix.length), value as Subscriber];
    }
  }
}

function prefixOf(foreignKey: string): string {
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(foreignKey.length, 0);
  return length.toString('latin1', 0, 4) + foreignKey;
}

/** Not the hash that partitions: its remainders are all alike within one. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

export const subscriberSerde: Serde<Subscriber> = {
  serialize({ hash, partition }) {
    const bytes = Buffer.allocUnsafe(4 + hash.length);
    bytes.writeUInt32BE(partition, 0);
    bytes.write(hash, 4, 'latin1');
    return bytes;
  },
  deserialize(bytes) {
    const buffer = asBuffer(bytes);
    return { partition: buffer.readUInt32BE(0), hash: buffer.toString('latin1', 4, buffer.length) };
  },
};
