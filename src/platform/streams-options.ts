import type { LogPort, StorePort, StreamThread } from '@hiveframe/streams';
import type { StreamsModuleOptions } from '@hiveframe/streams-nestjs';
import type { StartedTelemetry } from '@hiveframe/streams-otel';
import type { Settings } from '../config/settings.ts';

/** Where each of several threads makes the application its own: see `stream-thread.ts`. */
const STREAM_THREAD = new URL('../stream-thread.js', import.meta.url);
/** Kafka Streams' own (KAFKA-6634): an open transaction of a crashed instance holds back its readers no longer. */
const MIN_TRANSACTION_TIMEOUT_MS = 10_000;

/** The engine's configuration. A record that cannot be read or judged goes to the dead letters, which is the engine's default. */
export function streamsOptions(
  settings: Settings,
  log: LogPort,
  stores: StorePort,
  started: StartedTelemetry | null = null,
  thread?: StreamThread,
): StreamsModuleOptions {
  const { numStreamThreads } = settings;
  const isThread = thread !== undefined;
  return {
    applicationId: settings.applicationId,
    log,
    stores,
    processingGuarantee: settings.processingGuarantee,
    commitIntervalMs: settings.commitIntervalMs,
    transactionTimeoutMs: Math.max(MIN_TRANSACTION_TIMEOUT_MS, 3 * settings.commitIntervalMs),
    deadLetterTopic: settings.deadLetterTopic,
    stopTimeoutMs: settings.stopTimeoutMs,
    ...(started !== null && !isThread && { telemetry: started.telemetry }), // a thread's own goes to the main one
    ...(started?.tracing && { tracing: started.tracing }),
    ...(numStreamThreads > 1 && { threads: { module: STREAM_THREAD, numStreamThreads } }),
    // With one partition the rows of a window come as one table; each thread needs one of its own.
    // Embedded, nobody else could make it; on Kafka it belongs to its producers, unless the app itself plays them.
    missingSourceTopics:
      settings.simulate || settings.kafkaBrokers === null
        ? { create: { numPartitions: numStreamThreads } }
        : 'wait',
  };
}
