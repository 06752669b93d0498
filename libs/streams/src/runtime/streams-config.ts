/** The settings of an application: as written, and resolved. */
import { ConfigError } from '../errors/streams.error.ts';
import type { LogPort } from '../ports/log.ts';
import type { Clock, Logger, Telemetry, Tracing } from '../ports/runtime.ts';
import type { StorePort } from '../ports/store.ts';
import { inMemoryStores } from '../state/in-memory/index.ts';
import type { FailureHandlers } from './failure.ts';
import { processPacing, type Pacing } from './pacing.ts';
import { noTelemetry, silentLogger, systemClock } from './system.ts';

export type ProcessingGuarantee = 'at_most_once' | 'at_least_once' | 'exactly_once';

/** What an application is told beside its topology. */
export interface StreamsConfig extends FailureHandlers {
  /** Names the consumer group, the transactional ids, the internal topics and the store keys. Kafka: `application.id`. */
  readonly applicationId: string;
  /** `kafkajs(...)` or `embedded(...)`. */
  readonly log: LogPort;
  /** Where state is kept beside its changelog: `redis(...)`. @defaultValue in memory, rebuilt from the changelog */
  readonly stores?: StorePort;
  /** What holds after a crash: `at_most_once`, `at_least_once` or `exactly_once`. Kafka: `processing.guarantee`.
   *  @defaultValue 'at_least_once', as Kafka Streams */
  readonly processingGuarantee?: ProcessingGuarantee;
  /** Longest time between two commits of a task. Kafka: `commit.interval.ms`. @defaultValue 100 under exactly_once, else 30_000 */
  readonly commitIntervalMs?: number;
  /** A transaction that takes longer is aborted by the broker (D37). Kafka: `transaction.timeout.ms`.
   *  @defaultValue 10_000, as Kafka Streams */
  readonly transactionTimeoutMs?: number;
  /** Output and changelog that a task gathers before it commits early; while a commit is under way, it gathers no more than the
   *  same again. @defaultValue 8 MiB */
  readonly maxPendingBytes?: number;
  /** Records fetched and not processed, decompressed, over all tasks of this process: half of it read ahead, half waiting at the
   *  tasks, each with its share; partitions beyond their share are paused. Kafka: `input.buffer.max.bytes`. @defaultValue 64 MiB */
  readonly maxBufferedBytes?: number;
  /** Clean state entries kept per store partition, about. Kafka: `statestore.cache.max.bytes`. @defaultValue 64 MiB */
  readonly maxCachedBytes?: number;
  /** How long a task that has several inputs waits for one that is empty, so that it takes records in the order of their times. 0:
   *  only for what is known to be in the log; more: for what may still come; -1: not at all. Kafka: `max.task.idle.ms`.
   *  @defaultValue 0 */
  readonly maxTaskIdleMs?: number;
  /** Of a record batch, before compression. Kafka: `batch.size`. @defaultValue 512 KiB */
  readonly maxBatchBytes?: number;
  /** Of internal topics. Kafka: `replication.factor`. @defaultValue the broker's */
  readonly replicationFactor?: number;
  /** A source topic that does not exist: wait for it with a warning, fail, or create it. @defaultValue 'wait' */
  readonly missingSourceTopics?: 'wait' | 'fail' | { readonly create: { readonly numPartitions: number } };
  /** Names of stores and internal topics whose unsafe change is meant: what the start would refuse to leave behind. Remove them
   *  after the change. @defaultValue none */
  readonly acceptTopologyChanges?: readonly string[];
  /** How often source topics are looked at for new partitions. Kafka: `metadata.max.age.ms`. @defaultValue 60_000 */
  readonly metadataMaxAgeMs?: number;
  /** Records that retention removed before they were processed: go on behind them, with an error in the log, or end the
   *  application. Never in silence. Kafka: `auto.offset.reset`. @defaultValue 'continue' */
  readonly onOffsetOutOfRange?: 'continue' | 'fail';
  /** Input that is in the log but cannot be read (its CRC is wrong): end the application, or go on behind it, with an error in the
   *  log. A changelog that cannot be read always ends it. @defaultValue 'fail' */
  readonly onDamagedRecords?: 'fail' | 'continue';
  /** A member that is not heard of for so long has left: its tasks go to others. Kafka: `session.timeout.ms`. @defaultValue 10_000 */
  readonly sessionTimeoutMs?: number;
  /** How long a rebalance waits for a member to commit. Kafka: `max.poll.interval.ms`. @defaultValue 60_000 */
  readonly rebalanceTimeoutMs?: number;
  /** Names the member: one that comes back within the session timeout has its tasks as before. Each process needs its own.
   *  Kafka: `group.instance.id`. @defaultValue none: dynamic membership */
  readonly instanceId?: string;
  /** Where other instances reach this one for queries of stores in memory, `host:port`. Told to them with the group. Kafka:
   *  `application.server`. @defaultValue none: what lies in its memory is read here only */
  readonly applicationServer?: string;
  /** A query of a store that all can read (Redis) is refused for a partition that is farther behind its changelog than this: it is
   *  being restored, and what it has not yet is not missing. More than one commit writes. @defaultValue 100_000 */
  readonly maxQueryLagOffsets?: number;
  /** Time and delays; a test brings a `ManualClock`. @defaultValue the process' own */
  readonly clock?: Clock;
  /** Gets what the application has to say. @defaultValue none: nothing is said */
  readonly logger?: Logger;
  /** Gets what the application measures. @defaultValue none: nothing is measured */
  readonly telemetry?: Telemetry;
  /** Records are followed by the `traceparent` in their headers. Of stream threads each has its own. @defaultValue none: headers pass as
   *  they are */
  readonly tracing?: Tracing;
}

/** What a simulation puts in place of the process' own, beside the settings (exported by `internal.ts` only). */
export interface Instruments {
  readonly pacing?: Pacing;
}

type Optional = 'applicationServer' | 'instanceId' | 'replicationFactor' | 'tracing' | keyof FailureHandlers;
export type ResolvedStreamsConfig = Required<Omit<StreamsConfig, Optional>> &
  Pick<StreamsConfig, Optional> & { readonly deadLetterTopic: string } & Required<Instruments>;

const MIB = 1024 * 1024;

/** Applies defaults; names all faults together. @throws ConfigError */
export function resolveStreamsConfig(config: StreamsConfig & Instruments): ResolvedStreamsConfig {
  const exactlyOnce = config.processingGuarantee === 'exactly_once';
  const resolved: ResolvedStreamsConfig = {
    processingGuarantee: 'at_least_once',
    commitIntervalMs: exactlyOnce ? 100 : 30_000,
    transactionTimeoutMs: 10_000,
    maxPendingBytes: 8 * MIB,
    maxBufferedBytes: 64 * MIB,
    maxCachedBytes: 64 * MIB,
    maxBatchBytes: 512 * 1024,
    maxTaskIdleMs: 0,
    missingSourceTopics: 'wait',
    acceptTopologyChanges: [],
    metadataMaxAgeMs: 60_000,
    onOffsetOutOfRange: 'continue',
    onDamagedRecords: 'fail',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 60_000,
    maxQueryLagOffsets: 100_000,
    clock: systemClock,
    logger: silentLogger,
    telemetry: noTelemetry,
    pacing: processPacing,
    deadLetterTopic: `${config.applicationId}-dead-letters`,
    ...withoutUndefined(config),
    stores: config.stores ?? inMemoryStores(),
  };
  const faults = findFaults(resolved);
  if (faults.length > 0) throw new ConfigError(`Cannot start the application: ${faults.join('; ')}.`);
  return resolved;
}

function withoutUndefined(config: StreamsConfig & Instruments): StreamsConfig & Instruments {
  return Object.fromEntries(
    Object.entries(config).filter(([, value]) => value !== undefined),
  ) as unknown as StreamsConfig & Instruments;
}

const POSITIVE = [
  'commitIntervalMs',
  'transactionTimeoutMs',
  'maxPendingBytes',
  'maxBufferedBytes',
  'maxCachedBytes',
  'maxBatchBytes',
  'sessionTimeoutMs',
  'rebalanceTimeoutMs',
  'metadataMaxAgeMs',
  'maxQueryLagOffsets',
] as const;

function findFaults(config: ResolvedStreamsConfig): string[] {
  const faults: string[] = POSITIVE.filter(
    (name) => !(Number.isFinite(config[name]) && config[name] > 0),
  ).map((name) => `${name} must be a positive number, is ${String(config[name])}`);
  if (!Number.isSafeInteger(config.maxTaskIdleMs) || config.maxTaskIdleMs < -1) {
    faults.push(
      `maxTaskIdleMs must be a whole number of milliseconds, or -1 not to wait, is ${String(config.maxTaskIdleMs)}`,
    );
  }
  if (!/^[a-zA-Z0-9._-]{1,180}$/.test(config.applicationId)) {
    faults.push(
      `applicationId must be 1 to 180 letters, digits, dots, dashes or underscores (it names topics), is ${JSON.stringify(config.applicationId)}`,
    );
  }
  const { applicationServer } = config;
  if (
    applicationServer !== undefined &&
    !/^(\[[0-9a-fA-F:.]+\]|[^\s/:@?#[\]]+):\d{1,5}$/.test(applicationServer)
  ) {
    faults.push(`applicationServer must be host:port, is ${JSON.stringify(applicationServer)}`);
  }
  const guarantees: readonly string[] = ['at_most_once', 'at_least_once', 'exactly_once'];
  if (!guarantees.includes(config.processingGuarantee)) {
    faults.push(
      `processingGuarantee must be one of ${guarantees.join(', ')}, is ${String(config.processingGuarantee)}`,
    );
  }
  if (
    config.transactionTimeoutMs <= config.commitIntervalMs &&
    config.processingGuarantee === 'exactly_once'
  ) {
    faults.push('transactionTimeoutMs must be longer than commitIntervalMs');
  }
  return faults;
}
