/** Every metric of the engine: its name there, in Kafka Streams' words, and what it is called in OpenTelemetry. Names follow the naming
 *  rules of the semantic conventions: dots for namespaces, the unit apart (UCUM), no `total`. */

export interface MetricEntry {
  readonly name: string;
  /** pushed: the engine tells of it when it happens; observed: it is read when somebody collects. */
  readonly kind: 'counter' | 'histogram' | 'observedCounter' | 'observedGauge';
  readonly unit: string;
  readonly description: string;
  /** What Kafka Streams (or its consumer) calls it; null: it has none of the kind. */
  readonly kafkaStreams: string | null;
  /** From the engine's unit. @defaultValue 1 */
  readonly scale?: number;
  /** Upper ends of a histogram's buckets, in `unit`. */
  readonly buckets?: readonly number[];
}

const MS = 1e-3;
const REQUEST_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const RECORD_S = [1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 1e-3, 1e-2, 0.1, 1];
const RESTORE_S = [0.01, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600];

/** In front of every name. */
export const NAMESPACE = 'hiveframe.streams';

export const METRIC_CATALOGUE: Readonly<Record<string, MetricEntry>> = {
  'client-state': {
    name: 'client.state',
    kind: 'observedGauge',
    unit: '{state}',
    description: 'For each state of the application 1 where it is in it, else 0.',
    kafkaStreams: 'client-state',
  },
  'alive-stream-threads': {
    name: 'client.threads',
    kind: 'observedGauge',
    unit: '{thread}',
    description: 'Stream threads that run or rebalance.',
    kafkaStreams: 'alive-stream-threads',
  },
  'assigned-tasks': {
    name: 'tasks',
    kind: 'observedGauge',
    unit: '{task}',
    description: 'Tasks that this process has, also those that are restored still.',
    kafkaStreams: null,
  },
  'task-restarts': {
    name: 'task.restarts',
    kind: 'counter',
    unit: '{restart}',
    description: 'Times that a task failed, or could not be opened, and was tried again.',
    kafkaStreams: 'task-closed-total',
  },
  'process-total': {
    name: 'process.records',
    kind: 'observedCounter',
    unit: '{record}',
    description: 'Records processed.',
    kafkaStreams: 'process-total, process-rate',
  },
  'process-time-ms': {
    name: 'process.time',
    kind: 'observedCounter',
    unit: 's',
    description: 'Time spent in processing; its rate is the share of a core.',
    kafkaStreams: 'process-ratio',
    scale: MS,
  },
  'process-latency-ms': {
    name: 'process.duration',
    kind: 'histogram',
    unit: 's',
    description: 'Time to process a record, the mean of those of one commit.',
    kafkaStreams: 'process-latency-avg, process-latency-max',
    scale: MS,
    buckets: RECORD_S,
  },
  'commit-latency-ms': {
    name: 'commit.duration',
    kind: 'histogram',
    unit: 's',
    description: 'From the sealing of the work to the end of its commit, stores included.',
    kafkaStreams: 'commit-latency-avg, commit-latency-max, commit-rate',
    scale: MS,
    buckets: REQUEST_S,
  },
  'poll-total': {
    name: 'poll.calls',
    kind: 'observedCounter',
    unit: '{poll}',
    description: 'Answers taken from the log.',
    kafkaStreams: 'poll-total, poll-rate',
  },
  'poll-time-ms': {
    name: 'poll.time',
    kind: 'observedCounter',
    unit: 's',
    description:
      'Time in which an answer of the log was waited for; its rate is the share of time without input.',
    kafkaStreams: 'poll-latency-avg, poll-ratio',
    scale: MS,
  },
  'records-consumed-total': {
    name: 'consumed.records',
    kind: 'observedCounter',
    unit: '{record}',
    description: 'Records fetched from the log.',
    kafkaStreams: 'records-consumed-total, poll-records-avg',
  },
  'bytes-consumed-total': {
    name: 'consumed.size',
    kind: 'observedCounter',
    unit: 'By',
    description: 'Bytes fetched from the log, decompressed.',
    kafkaStreams: 'bytes-consumed-total',
  },
  'records-produced': {
    name: 'produced.records',
    kind: 'counter',
    unit: '{record}',
    description: 'Records written, with their commit: output, repartition topics, changelogs, dead letters.',
    kafkaStreams: 'records-produced-total',
  },
  'records-lag': {
    name: 'records.lag',
    kind: 'observedGauge',
    unit: '{record}',
    description: 'Records between the position of a task and the end of its input as it was seen last.',
    kafkaStreams: 'records-lag',
  },
  'watermark-delay-ms': {
    name: 'watermark.delay',
    kind: 'observedGauge',
    unit: 's',
    description: 'How far the watermark of a task is behind the clock.',
    kafkaStreams: 'record-e2e-latency-avg',
    scale: MS,
  },
  'input-buffer-bytes-total': {
    name: 'input.buffer.size',
    kind: 'observedGauge',
    unit: 'By',
    description: 'Input that was fetched and not processed.',
    kafkaStreams: 'input-buffer-bytes-total',
  },
  'dropped-records': {
    name: 'dropped.records',
    kind: 'counter',
    unit: '{record}',
    description: 'Records dropped on purpose: late, or without what the operator needs.',
    kafkaStreams: 'dropped-records-total',
  },
  'skipped-records': {
    name: 'skipped.records',
    kind: 'counter',
    unit: '{record}',
    description: 'Records that were gone, could not be read, or that a handler answered `continue` for.',
    kafkaStreams: 'dropped-records-total',
  },
  'dead-letters': {
    name: 'dead_letter.records',
    kind: 'counter',
    unit: '{record}',
    description: 'Records that went to the dead letters.',
    kafkaStreams: 'dropped-records-total',
  },
  'out-of-order-updates': {
    name: 'out_of_order.updates',
    kind: 'counter',
    unit: '{record}',
    description: 'Updates of a table that are older than the row they replace.',
    kafkaStreams: null,
  },
  lookups: {
    name: 'lookups',
    kind: 'counter',
    unit: '{lookup}',
    description: 'Asynchronous look-ups, answered by the cache or not.',
    kafkaStreams: null,
  },
  'cache-size-bytes-total': {
    name: 'cache.size',
    kind: 'observedGauge',
    unit: 'By',
    description: 'State entries of a store that are in memory, about.',
    kafkaStreams: 'cache-size-bytes-total',
  },
  'cache-miss-total': {
    name: 'cache.misses',
    kind: 'observedCounter',
    unit: '{entry}',
    description: 'Keys that were not in the cache, and read from the store.',
    kafkaStreams: 'hit-ratio-avg',
  },
  'estimate-num-keys': {
    name: 'state.entries',
    kind: 'observedGauge',
    unit: '{entry}',
    description: 'Entries of a store partition; asked of the store at most every ten seconds.',
    kafkaStreams: 'estimate-num-keys',
  },
  'flush-latency-ms': {
    name: 'state.flush.duration',
    kind: 'histogram',
    unit: 's',
    description: 'Time in which a store applied the writes of a commit: a Redis round trip, or memory.',
    kafkaStreams: 'flush-latency-avg, flush-rate',
    scale: MS,
    buckets: REQUEST_S,
  },
  'restored-records': {
    name: 'restore.records',
    kind: 'counter',
    unit: '{record}',
    description: 'Changelog records that were restored.',
    kafkaStreams: 'restore-total, restore-rate',
  },
  'restore-remaining-records-total': {
    name: 'restore.remaining',
    kind: 'observedGauge',
    unit: '{record}',
    description: 'Changelog offsets that a restore has still before it; gone when it has ended.',
    kafkaStreams: 'restore-remaining-records-total',
  },
  'restore-latency-ms': {
    name: 'restore.duration',
    kind: 'histogram',
    unit: 's',
    description: 'Time in which a store partition was restored.',
    kafkaStreams: 'restore-latency-avg',
    scale: MS,
    buckets: RESTORE_S,
  },
  'source-failures': {
    name: 'source.failures',
    kind: 'observedGauge',
    unit: '{attempt}',
    description: 'Attempts of a source that failed since events were written last; 0: nothing fails.',
    kafkaStreams: null,
  },
};
