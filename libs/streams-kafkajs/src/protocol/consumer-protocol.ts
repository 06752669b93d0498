/** What members of a group tell each other inside JoinGroup and SyncGroup: Kafka's consumer protocol, version 0, so that
 *  Kafka's own tools can read the group. Classic encoding: strings i16 + bytes, arrays i32, bytes i32.
 *
 *  subscription = version i16 | topics [string] | user data bytes
 *  assignment   = version i16 | [topic string, [partition i32]] | user data bytes */
import type { MemberAssignment, TopicPartition } from '@hiveframe/streams';
import { byTopic } from './api-request.ts';
import { ProtocolReader } from './protocol-reader.ts';
import { ProtocolWriter } from './protocol-writer.ts';

const NONE = new Uint8Array(0);

export function encodeSubscription(topics: readonly string[], data: Uint8Array): Buffer {
  const writer = new ProtocolWriter().int16(0).int32(topics.length);
  for (const topic of topics) writer.classicString(topic);
  return writer.classicBytes(data).finish();
}

/** The user data of a member. */
export function decodeSubscriptionData(bytes: Buffer): Buffer {
  const reader = new ProtocolReader(bytes);
  reader.int16();
  for (let count = reader.int32(); count > 0; count--) reader.classicString();
  return reader.classicBytes();
}

export function encodeAssignment(assignment: MemberAssignment): Buffer {
  const topics = byTopic(assignment.partitions);
  const writer = new ProtocolWriter().int16(0).int32(topics.length);
  for (const { topic, partitions } of topics) {
    writer.classicString(topic).int32(partitions.length);
    for (const { partition } of partitions) writer.int32(partition);
  }
  return writer.classicBytes(assignment.data ?? NONE).finish();
}

/** An empty assignment (a member the leader left out) has no partitions. */
export function decodeAssignment(bytes: Buffer): { partitions: TopicPartition[]; data: Buffer | null } {
  const partitions: TopicPartition[] = [];
  if (bytes.length === 0) return { partitions, data: null };
  const reader = new ProtocolReader(bytes);
  reader.int16();
  for (let topics = reader.int32(); topics > 0; topics--) {
    const topic = reader.classicString();
    for (let count = reader.int32(); count > 0; count--)
      partitions.push({ topic, partition: reader.int32() });
  }
  const data = reader.classicBytes();
  return { partitions, data: data.length === 0 ? null : data };
}
