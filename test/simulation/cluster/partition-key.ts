import type { TopicPartition } from '@hiveframe/streams';

/** What maps know a partition by. */
export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
