import type { ProtocolReader } from './protocol-reader.ts';
import type { ProtocolWriter } from './protocol-writer.ts';

/** One request of Kafka's protocol: which versions it knows, how its body is written, how the answer is read.
 *  All versions used are flexible ones (KIP-482): Kafka 2.8 and newer have them. */
export interface ApiRequest<Answer> {
  readonly apiKey: number;
  readonly apiName: string;
  readonly minVersion: number;
  /** The newest this client speaks; the connection uses the newest both sides know. */
  readonly maxVersion: number;
  /** How long an answer may take, where that is more than the client's request timeout. */
  readonly timeoutMs?: number;
  /** Size of a big body, so that its buffer is allocated once. */
  readonly expectedBytes?: number;
  encode(writer: ProtocolWriter, version: number): void;
  decode(reader: ProtocolReader, version: number): Answer;
}

export interface TopicData<Partition> {
  readonly topic: string;
  readonly partitions: readonly Partition[];
}

/** Puts partitions under their topics, in the order they come: the shape most requests have. */
export function byTopic<P extends { readonly topic: string }>(partitions: readonly P[]): TopicData<P>[] {
  const topics = new Map<string, P[]>();
  for (const partition of partitions) {
    const known = topics.get(partition.topic);
    if (known) known.push(partition);
    else topics.set(partition.topic, [partition]);
  }
  return [...topics].map(([topic, list]) => ({ topic, partitions: list }));
}
