import type { LogPort, StorePort } from '@hiveframe/streams';
import type { StreamsModuleOptions } from '@hiveframe/streams-nestjs';
import type { Settings } from '../config/settings.ts';

/** One partition: the rows of a window come as one table. Only for topics that nobody else has made. */
const SIMULATED_PARTITIONS = 1;
/** Kafka Streams' own (KAFKA-6634): an open transaction of a crashed instance holds back its readers no longer. */
const MIN_TRANSACTION_TIMEOUT_MS = 10_000;

/** The engine's configuration. A record that cannot be read or judged goes to the dead letters, which is the engine's default. */
export function streamsOptions(settings: Settings, log: LogPort, stores: StorePort): StreamsModuleOptions {
  return {
    applicationId: settings.applicationId,
    log,
    stores,
    processingGuarantee: settings.processingGuarantee,
    commitIntervalMs: settings.commitIntervalMs,
    transactionTimeoutMs: Math.max(MIN_TRANSACTION_TIMEOUT_MS, 3 * settings.commitIntervalMs),
    deadLetterTopic: settings.deadLetterTopic,
    // Embedded, nobody else could make it; on Kafka it belongs to its producers, unless the app itself plays them.
    missingSourceTopics:
      settings.simulate || settings.kafkaBrokers === null
        ? { create: { numPartitions: SIMULATED_PARTITIONS } }
        : 'wait',
  };
}
