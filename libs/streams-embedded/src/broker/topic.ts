import type { StoredTopic, TopicConfig } from '../storage/topic-table.ts';
import { unknownPartition } from '../log-failures.ts';
import { Partition } from './partition.ts';

/** A topic and its partitions. The object stays the same as long as the topic exists. */
export class Topic {
  readonly id: number;
  readonly name: string;
  readonly config: TopicConfig;
  readonly maxBatchBytes: number;
  readonly partitions: readonly Partition[];
  deleted = false;

  constructor({ id, name, config, partitions }: StoredTopic, defaultMaxBatchBytes: number) {
    this.id = id;
    this.name = name;
    this.config = config;
    const configured = Number(config['max.message.bytes']);
    this.maxBatchBytes = configured > 0 ? configured : defaultMaxBatchBytes;
    this.partitions = partitions.map((stored) => new Partition(this, stored.id, stored.number));
  }

  /** @throws LogError `unknownTopic` */
  partition(number: number): Partition {
    const found = this.partitions[number];
    if (found === undefined)
      throw unknownPartition({ topic: this.name, partition: number }, this.partitions.length);
    return found;
  }
}
