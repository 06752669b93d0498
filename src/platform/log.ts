import type { LogPort } from '@hiveframe/streams';
import { embedded } from '@hiveframe/streams-embedded';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { NestLogger } from '@hiveframe/streams-nestjs';
import type { Settings } from '../config/settings.ts';

/** Kafka when there are brokers, else the embedded log. Connects nothing yet. */
export function createLog({ kafkaBrokers, checkpointDir }: Settings): LogPort {
  if (kafkaBrokers !== null) return kafkajs({ brokers: kafkaBrokers, logger: new NestLogger('Kafka') });
  return checkpointDir === null ? embedded() : embedded({ checkpointDir });
}
