import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { ConfigError } from '@hiveframe/streams';
import { readKafkaSasl, readKafkaTls, type SaslSettings } from './kafka-security.ts';
import { readRedisTls, readRedisUrl } from './redis-security.ts';
import type { Secret } from './secret.ts';
import { SettingReader, type Environment, type ReadFile } from './setting-reader.ts';
import type { TlsSettings } from './tls-settings.ts';

/** What the service is told by its environment; docs beside each variable in `parseSettings`. */
export interface Settings {
  /** null: the embedded log. */
  readonly kafkaBrokers: readonly string[] | null;
  /** null: no TLS. */
  readonly kafkaTls: TlsSettings | null;
  /** null: no credentials but those of TLS. */
  readonly kafkaSasl: SaslSettings | null;
  /** null: in memory. */
  readonly redisUrl: Secret | null;
  /** Where the URL has none: null. */
  readonly redisUsername: string | null;
  readonly redisPassword: Secret | null;
  /** null: no TLS. */
  readonly redisTls: TlsSettings | null;
  /** Where the embedded log is kept; null: in memory. Kafka needs none. */
  readonly checkpointDir: string | null;
  readonly applicationId: string;
  readonly inputTopic: string;
  readonly outputTopic: string;
  /** null: no alerts. */
  readonly alertTopic: string | null;
  readonly deadLetterTopic: string;
  readonly windowMs: number;
  readonly watermarkDelayMs: number;
  readonly emit: (typeof EMITS)[number];
  readonly processingGuarantee: (typeof GUARANTEES)[number];
  readonly commitIntervalMs: number;
  /** 1: everything in the main thread. */
  readonly numStreamThreads: number;
  /** What is under way may take so long to end at shutdown; then it is aborted. An orchestrator must wait some 10 s longer. */
  readonly stopTimeoutMs: number;
  readonly simulate: boolean;
  /** The address that HTTP listens on. */
  readonly bindAddress: string;
  readonly port: number;
  readonly httpMaxBodyBytes: number;
  readonly httpMaxConnections: number;
  /** From a request's first byte to its last. */
  readonly httpRequestTimeoutMs: number;
  /** Answers queries of the windows over HTTP, to whoever reaches it. */
  readonly queries: boolean;
  readonly console: boolean;
  /** Serve `GET /metrics` to a Prometheus. */
  readonly metrics: boolean;
  /** Send metrics and traces by OTLP; where to, the SDK reads itself (`OTEL_EXPORTER_OTLP_…`). */
  readonly otlp: boolean;
  /** Of the batches of a task that are traced, from 0 to 1. */
  readonly traceSampleRatio: number;
  readonly logLevel: LogLevel;
}
export type LogLevel = (typeof LOG_LEVELS)[number];

const EMITS = ['final', 'updates'] as const;
const GUARANTEES = ['exactly_once', 'at_least_once', 'at_most_once'] as const;
const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
const DAY_MS = 86_400_000;

const readText: ReadFile = (path) => readFileSync(path, 'utf8');

/** Reads nothing but the environment and the files that it names.
 *  @throws ConfigError naming every fault: the variable, its value (not if it is a secret) and what is allowed */
export function parseSettings(env: Environment, readFile: ReadFile = readText): Settings {
  const read = new SettingReader(env, readFile);
  const kafkaBrokers = readBrokers(read);
  const redisUrl = readRedisUrl(read);
  const settings: Settings = {
    kafkaBrokers,
    kafkaTls: readKafkaTls(read),
    kafkaSasl: readKafkaSasl(read),
    redisUrl,
    redisUsername: read.text('REDIS_USERNAME') ?? null,
    redisPassword: read.secret('REDIS_PASSWORD') ?? null,
    redisTls: readRedisTls(read, redisUrl),
    checkpointDir: read.text('CHECKPOINT_DIR') ?? null,
    applicationId: readName(read, 'APPLICATION_ID', 'iot-sensor-analytics'),
    inputTopic: readName(read, 'INPUT_TOPIC', 'sensor-readings'),
    outputTopic: readName(read, 'OUTPUT_TOPIC', 'sensor-aggregates'),
    alertTopic: readAlertTopic(read),
    deadLetterTopic: readName(read, 'DEAD_LETTER_TOPIC', 'sensor-readings-dlq'),
    windowMs: read.integer('WINDOW_MS', 30_000, { min: 1, max: 366 * DAY_MS, unit: 'milliseconds' }),
    watermarkDelayMs: read.integer('WATERMARK_DELAY_MS', 10_000, {
      min: 0,
      max: 366 * DAY_MS,
      unit: 'milliseconds',
    }),
    emit: read.oneOf('EMIT', 'final', EMITS),
    processingGuarantee: read.oneOf('PROCESSING_GUARANTEE', 'exactly_once', GUARANTEES),
    commitIntervalMs: read.integer('COMMIT_INTERVAL_MS', 100, { min: 1, max: 60_000, unit: 'milliseconds' }),
    numStreamThreads: read.integer('NUM_STREAM_THREADS', 1, { min: 1, max: 64 }),
    stopTimeoutMs: read.integer('STOP_TIMEOUT_MS', 5_000, { min: 1, max: 3_600_000, unit: 'milliseconds' }),
    simulate: read.boolean('SIMULATE', kafkaBrokers === null),
    bindAddress: read.matching('BIND_ADDRESS', (text) => isIP(text) !== 0, 'an IP address') ?? '127.0.0.1',
    port: read.integer('PORT', 3000, { min: 0, max: 65_535 }),
    httpMaxBodyBytes: read.integer('HTTP_MAX_BODY_BYTES', 64 * 1024, { min: 1, max: 2 ** 30, unit: 'bytes' }),
    httpMaxConnections: read.integer('HTTP_MAX_CONNECTIONS', 256, { min: 1, max: 65_535 }),
    httpRequestTimeoutMs: read.integer('HTTP_REQUEST_TIMEOUT_MS', 15_000, {
      min: 100,
      max: 3_600_000,
      unit: 'milliseconds',
    }),
    queries: read.boolean('QUERIES', isLoopback(read.text('BIND_ADDRESS'))),
    console: read.boolean('CONSOLE', true),
    metrics: read.boolean('METRICS', false),
    otlp: read.text('OTEL_EXPORTER_OTLP_ENDPOINT') !== undefined,
    traceSampleRatio: read.integer('TRACE_SAMPLE_PERCENT', 1, { min: 0, max: 100, unit: 'percent' }) / 100,
    logLevel: read.oneOf('LOG_LEVEL', 'info', LOG_LEVELS),
  };
  refuseSharedTopics(read, settings);
  if (kafkaBrokers === null && settings.numStreamThreads > 1)
    read.fault(
      'NUM_STREAM_THREADS',
      String(settings.numStreamThreads),
      '1 without KAFKA_BROKERS: the embedded log belongs to one thread',
    );
  if (read.faults.length > 0) throw new ConfigError(describeFaults(read.faults));
  return settings;
}

/** Only this machine reaches it. @param address what is listened on; undefined: the default */
function isLoopback(address = '127.0.0.1'): boolean {
  return address.startsWith('127.') || address === '::1';
}

function describeFaults(faults: readonly string[]): string {
  const count = faults.length === 1 ? '1 setting is' : `${faults.length} settings are`;
  const lines = faults.map((fault) => `  ${fault}`).join('\n');
  return `Cannot start: ${count} wrong.\n${lines}\nCorrect the environment and start again.`;
}

function readBrokers(read: SettingReader): readonly string[] | null {
  const text = read.matching(
    'KAFKA_BROKERS',
    (list) => splitBrokers(list).length > 0 && splitBrokers(list).every(isBroker),
    'host:port, several separated by commas',
  );
  return text === undefined ? null : splitBrokers(text);
}
const splitBrokers = (list: string): readonly string[] =>
  list
    .split(',')
    .map((broker) => broker.trim())
    .filter((broker) => broker !== '');
function isBroker(broker: string): boolean {
  const port = Number(/^(?:[\w.-]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})$/.exec(broker)?.[1]);
  return port >= 1 && port <= 65_535;
}

/** Kafka's rule for topic names; the application id becomes part of such names. */
function readName(read: SettingReader, variable: string, defaultName: string): string {
  const name = read.matching(
    variable,
    (text) => /^[a-zA-Z0-9._-]{1,180}$/.test(text) && text !== '.' && text !== '..',
    'a Kafka name: 1 to 180 letters, digits, dots, underscores or hyphens',
  );
  return name ?? defaultName;
}
/** Blank turns alerts off; only an unset variable means the default. */
function readAlertTopic(read: SettingReader): string | null {
  if (read.isGiven('ALERT_TOPIC') && read.text('ALERT_TOPIC') === undefined) return null;
  return readName(read, 'ALERT_TOPIC', 'sensor-alerts');
}

/** An output that is also the input would feed on itself. */
function refuseSharedTopics(read: SettingReader, settings: Settings): void {
  const owners = new Map<string, string>();
  const topics = {
    INPUT_TOPIC: settings.inputTopic,
    OUTPUT_TOPIC: settings.outputTopic,
    ALERT_TOPIC: settings.alertTopic,
    DEAD_LETTER_TOPIC: settings.deadLetterTopic,
  };
  for (const [variable, topic] of Object.entries(topics)) {
    if (topic === null) continue;
    const owner = owners.get(topic);
    if (owner !== undefined) read.fault(variable, topic, `another topic than that of ${owner}`);
    owners.set(topic, variable);
  }
}
