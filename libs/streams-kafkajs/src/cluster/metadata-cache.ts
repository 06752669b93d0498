import { performance } from 'node:perf_hooks';
import { KafkaCode, UNAUTHORIZED } from '../protocol/error-codes.ts';
import type { BrokerAddress, MetadataAnswer, TopicMetadata } from '../protocol/metadata.ts';
import { BrokerError } from './failures.ts';

const UNKNOWN_GRACE_MS = 5_000;

/** What is known of brokers and leaders; grows with every answer. */
export class MetadataCache {
  readonly #brokers = new Map<number, BrokerAddress>();
  readonly #topics = new Map<string, TopicMetadata>();
  readonly #unknownSinceMs = new Map<string, number>();
  #controllerId = -1;

  get controllerId(): number {
    return this.#controllerId;
  }
  get nodeIds(): readonly number[] {
    return [...this.#brokers.keys()];
  }
  address(nodeId: number): BrokerAddress | undefined {
    return this.#brokers.get(nodeId);
  }
  /** Undefined when never asked for. */
  topic(topic: string): TopicMetadata | undefined {
    return this.#topics.get(topic);
  }
  /** Undefined when unknown, or when the partition has no leader now. */
  leaderOf(topic: string, partition: number): number | undefined {
    const found = this.#topics.get(topic)?.partitions[partition]?.leader;
    return found === undefined || found < 0 ? undefined : found;
  }

  /** Asked for, and unknown to the brokers in every answer since then. A topic created a moment ago is unknown to some of
   *  them for as long, so only after that it is taken for absent. */
  isAbsent(topic: string): boolean {
    const sinceMs = this.#unknownSinceMs.get(topic);
    return sinceMs !== undefined && performance.now() - sinceMs > UNKNOWN_GRACE_MS;
  }

  /** Why the brokers tell nothing of a topic, where asking again does not help. */
  refusal(topic: string): BrokerError | null {
    const code = this.#topics.get(topic)?.errorCode ?? KafkaCode.NONE;
    const isFinal = UNAUTHORIZED.has(code) || code === KafkaCode.INVALID_TOPIC_EXCEPTION;
    return isFinal ? new BrokerError(code, null, { apiName: 'Metadata', resource: topic }) : null;
  }

  apply(answer: MetadataAnswer): void {
    this.#controllerId = answer.controllerId;
    this.#brokers.clear(); // every answer names all brokers that are alive
    for (const { nodeId, host, port } of answer.brokers) this.#brokers.set(nodeId, { host, port });
    for (const topic of answer.topics) {
      const partitions = [...topic.partitions].sort((a, b) => a.partition - b.partition);
      this.#topics.set(topic.topic, { ...topic, partitions });
      if (topic.errorCode !== KafkaCode.UNKNOWN_TOPIC_OR_PARTITION) this.#unknownSinceMs.delete(topic.topic);
      else if (!this.#unknownSinceMs.has(topic.topic))
        this.#unknownSinceMs.set(topic.topic, performance.now());
    }
  }
  learnBroker(nodeId: number, address: BrokerAddress): void {
    this.#brokers.set(nodeId, address);
  }
}
