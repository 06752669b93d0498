import type { LogPort } from '@hiveframe/streams';
import { inMemoryStores } from '@hiveframe/streams';
import { embedded } from '@hiveframe/streams-embedded';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { NestLogger, type StreamsModuleOptions } from '@hiveframe/streams-nestjs';
import { redis } from '@hiveframe/streams-redis';
import type { Settings } from './settings.js';

const APPLICATION_ID = 'streams-starter';

/** How the topologies of this service are run. */
export function streamsOptions(settings: Settings): StreamsModuleOptions {
  const { redisUrl } = settings;
  return {
    applicationId: APPLICATION_ID,
    log: createLog(settings),
    stores:
      redisUrl === undefined ? inMemoryStores() : redis({ url: redisUrl, logger: new NestLogger('Redis') }),
    processingGuarantee: 'exactly_once',
    missingSourceTopics: { create: { numPartitions: 4 } },
  };
}

function createLog({ embeddedLog, checkpointDir, kafkaBrokers }: Settings): LogPort {
  if (embeddedLog) return checkpointDir === undefined ? embedded() : embedded({ checkpointDir });
  return kafkajs({
    brokers: [...kafkaBrokers],
    clientId: APPLICATION_ID,
    logger: new NestLogger('Kafka'),
  });
}
