import { ConfigError } from '@hiveframe/streams';
import { SettingReader, type Environment } from './setting-reader.ts';

/** What the service is told by its environment; docs beside each variable in `parseSettings`. */
export interface Settings {
  /** null: the embedded log. */
  readonly kafkaBrokers: readonly string[] | null;
  /** null: in memory. */
  readonly redisUrl: string | null;
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
  readonly simulate: boolean;
  readonly port: number;
  readonly console: boolean;
  readonly logLevel: LogLevel;
}
export type LogLevel = (typeof LOG_LEVELS)[number];

const EMITS = ['final', 'updates'] as const;
const GUARANTEES = ['exactly_once', 'at_least_once', 'at_most_once'] as const;
const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
const DAY_MS = 86_400_000;

/** Pure. @throws ConfigError naming every fault: the variable, its value and what is allowed */
export function parseSettings(env: Environment): Settings {
  const read = new SettingReader(env);
  const kafkaBrokers = readBrokers(read);
  const settings: Settings = {
    kafkaBrokers,
    redisUrl: readRedisUrl(read),
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
    simulate: read.boolean('SIMULATE', kafkaBrokers === null),
    port: read.integer('PORT', 3000, { min: 0, max: 65_535 }),
    console: read.boolean('CONSOLE', true),
    logLevel: read.oneOf('LOG_LEVEL', 'info', LOG_LEVELS),
  };
  refuseSharedTopics(read, settings);
  if (read.faults.length > 0) throw new ConfigError(describeFaults(read.faults));
  return settings;
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

function readRedisUrl(read: SettingReader): string | null {
  const text = read.text('REDIS_URL');
  if (text === undefined) return null;
  if (!isRedisUrl(text))
    read.fault('REDIS_URL', withoutPassword(text), 'redis://host:port or rediss://host:port');
  return text;
}
function isRedisUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'redis:' || url.protocol === 'rediss:') && url.hostname !== '';
}
/** A URL as it may be shown in logs. */
export const withoutPassword = (url: string): string => url.replace(/(\/\/[^:/@]*:).*@/, '$1***@');

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
