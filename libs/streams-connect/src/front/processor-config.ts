/** The tutorial's settings, and what they are to the engine. */
import {
  ConfigError,
  systemClock,
  taggedJson,
  type ProcessingGuarantee,
  type Serde,
  type StreamsConfig,
} from '@hiveframe/streams';
// oxlint-disable-next-line no-restricted-imports -- the front needs no services: the embedded log is its default
import { embedded } from '@hiveframe/streams-embedded';
import { stderrLogger } from './stderr-logger.ts';

/** The settings of a stream: the tutorial's, and whatever the engine knows besides. */
export interface StreamProcessorConfig<T> extends Partial<
  Omit<StreamsConfig, 'applicationId' | 'processingGuarantee' | 'commitIntervalMs'>
> {
  /** The application id: names the source topic `<name>-source`, the consumer group, state and internal topics. */
  readonly name: string;
  /** What holds after a crash. @defaultValue 'at_least_once' */
  readonly delivery?: ProcessingGuarantee;
  /** Longest time until the results of an event are committed, and so visible. Records are processed as they come; what forms
   *  the batch is the commit. @defaultValue 1_000 */
  readonly batchIntervalMs?: number;
  /** Where the embedded log lives. @defaultValue none: in memory
   *  @throws ConfigError beside a `log` of your own */
  readonly checkpointDir?: string;
  /** An upper bound of the same interval. There is no checkpoint apart from the commit: every commit keeps output, state
   *  and position together, so that a restart goes on from the last one. Hence a commit comes after the shorter of the two
   *  intervals, and a checkpoint interval above `batchIntervalMs` changes nothing. @defaultValue none */
  readonly checkpointIntervalMs?: number;
  /** How events are written to the source topic. @defaultValue tagged JSON */
  readonly value?: Serde<T>;
  /** Of the source topic, when it is made here. More than one: events are spread over them and lose their order among each
   *  other; windows wait for the partition that is behind. @defaultValue 1: events stay in order */
  readonly numPartitions?: number;
  /** When a source throws: start it again after a while, or stop the application. @defaultValue 'retry' */
  readonly onSourceFailure?: 'retry' | 'stop';
  /** Events a source may be ahead of their acknowledgement. @defaultValue 1 */
  readonly maxUnacknowledged?: number;
}

/** With all defaults. */
export interface ResolvedProcessorConfig<T> {
  readonly streams: StreamsConfig & Required<Pick<StreamsConfig, 'clock' | 'logger'>>;
  readonly value: Serde<T>;
  readonly onSourceFailure: 'retry' | 'stop';
  readonly maxUnacknowledged: number;
}

const DEFAULT_BATCH_INTERVAL_MS = 1_000;
/** Kafka Streams' own; but a transaction must live longer than the time between commits. */
const MIN_TRANSACTION_TIMEOUT_MS = 10_000;

/** Applies defaults; names all faults together. @throws ConfigError */
export function resolveProcessorConfig<T>(config: StreamProcessorConfig<T>): ResolvedProcessorConfig<T> {
  const { name, delivery, batchIntervalMs, checkpointDir, checkpointIntervalMs, ...rest } = config;
  const { value, numPartitions = 1, onSourceFailure, maxUnacknowledged, ...engine } = rest;
  refuse(config, numPartitions);
  const commitIntervalMs = Math.min(
    batchIntervalMs ?? DEFAULT_BATCH_INTERVAL_MS,
    checkpointIntervalMs ?? Infinity,
  );
  return {
    value: value ?? taggedJson(),
    onSourceFailure: onSourceFailure ?? 'retry',
    maxUnacknowledged: maxUnacknowledged ?? 1,
    streams: {
      transactionTimeoutMs: Math.max(MIN_TRANSACTION_TIMEOUT_MS, 3 * commitIntervalMs),
      missingSourceTopics: { create: { numPartitions } },
      ...engine,
      applicationId: name,
      processingGuarantee: delivery ?? 'at_least_once',
      commitIntervalMs,
      log: engine.log ?? (checkpointDir === undefined ? embedded() : embedded({ checkpointDir })),
      clock: engine.clock ?? systemClock,
      logger: engine.logger ?? stderrLogger,
    },
  };
}

function refuse<T>(config: StreamProcessorConfig<T>, numPartitions: number): void {
  const { name, batchIntervalMs, checkpointIntervalMs, checkpointDir, log } = config;
  const faults = [
    ...notPositive('batchIntervalMs', batchIntervalMs),
    ...notPositive('checkpointIntervalMs', checkpointIntervalMs),
  ];
  if (!Number.isSafeInteger(numPartitions) || numPartitions < 1) {
    faults.push(`numPartitions must be a whole number of 1 or more, is ${numPartitions}`);
  }
  if (log !== undefined && checkpointDir !== undefined) {
    faults.push(
      'checkpointDir is where the embedded log lives, but another log is given: leave one of them out',
    );
  }
  if (faults.length > 0) throw new ConfigError(`Cannot make stream ${name}: ${faults.join('; ')}.`);
}

function notPositive(name: string, value: number | undefined): string[] {
  if (value === undefined || (Number.isFinite(value) && value > 0)) return [];
  return [`${name} must be a positive number of milliseconds, is ${value}`];
}
