import { ConfigError } from '@hiveframe/streams';
import { describe, expect, it } from '@jest/globals';
import { Secret } from './secret.ts';
import { parseSettings } from './settings.ts';

function faultsOf(env: Record<string, string>): string {
  try {
    parseSettings(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

describe('parseSettings', () => {
  it('needs no variable: embedded log, stores in memory, simulated sensors', () => {
    expect(parseSettings({})).toEqual({
      kafkaBrokers: null,
      kafkaTls: null,
      kafkaSasl: null,
      redisUrl: null,
      redisUsername: null,
      redisPassword: null,
      redisTls: null,
      checkpointDir: null,
      applicationId: 'iot-sensor-analytics',
      inputTopic: 'sensor-readings',
      outputTopic: 'sensor-aggregates',
      alertTopic: 'sensor-alerts',
      deadLetterTopic: 'sensor-readings-dlq',
      windowMs: 30_000,
      watermarkDelayMs: 10_000,
      emit: 'final',
      processingGuarantee: 'exactly_once',
      commitIntervalMs: 100,
      numStreamThreads: 1,
      stopTimeoutMs: 5_000,
      simulate: true,
      bindAddress: '127.0.0.1',
      port: 3000,
      httpMaxBodyBytes: 65_536,
      httpMaxConnections: 256,
      httpRequestTimeoutMs: 15_000,
      queries: true,
      console: true,
      metrics: false,
      otlp: false,
      traceSampleRatio: 0.01,
      logLevel: 'info',
    });
  });

  it('answers queries where only this machine can ask, unless told otherwise', () => {
    expect(parseSettings({ BIND_ADDRESS: '::1' }).queries).toBe(true);
    expect(parseSettings({ BIND_ADDRESS: '0.0.0.0' }).queries).toBe(false);
    expect(parseSettings({ QUERIES: 'false' }).queries).toBe(false);
  });

  it('reads every variable', () => {
    const settings = parseSettings({
      KAFKA_BROKERS: 'kafka-1:9092, kafka-2:9093,[::1]:9094',
      KAFKA_SSL: 'true',
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
      KAFKA_SASL_USERNAME: 'app',
      KAFKA_SASL_PASSWORD: 'kafka-secret',
      REDIS_URL: 'rediss://redis:6380/0',
      REDIS_USERNAME: 'app',
      REDIS_PASSWORD: 'redis-secret',
      CHECKPOINT_DIR: '/var/lib/streams',
      APPLICATION_ID: 'app_1',
      INPUT_TOPIC: 'in',
      OUTPUT_TOPIC: 'out',
      ALERT_TOPIC: 'alerts',
      DEAD_LETTER_TOPIC: 'dead',
      WINDOW_MS: '60000',
      WATERMARK_DELAY_MS: '0',
      EMIT: 'updates',
      PROCESSING_GUARANTEE: 'at_least_once',
      COMMIT_INTERVAL_MS: '1000',
      NUM_STREAM_THREADS: '4',
      STOP_TIMEOUT_MS: '20000',
      SIMULATE: 'on',
      BIND_ADDRESS: '0.0.0.0',
      PORT: '0',
      HTTP_MAX_BODY_BYTES: '1000',
      HTTP_MAX_CONNECTIONS: '10',
      HTTP_REQUEST_TIMEOUT_MS: '5000',
      QUERIES: 'true',
      CONSOLE: 'false',
      METRICS: 'on',
      TRACE_SAMPLE_PERCENT: '20',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
      LOG_LEVEL: 'DEBUG',
    });
    expect(settings).toEqual({
      kafkaBrokers: ['kafka-1:9092', 'kafka-2:9093', '[::1]:9094'],
      kafkaTls: { ca: null, own: null },
      kafkaSasl: {
        mechanism: 'scram-sha-512',
        username: 'app',
        password: expect.any(Secret),
        passwordFile: null,
      },
      redisUrl: expect.any(Secret),
      redisUsername: 'app',
      redisPassword: expect.any(Secret),
      redisTls: { ca: null, own: null },
      checkpointDir: '/var/lib/streams',
      applicationId: 'app_1',
      inputTopic: 'in',
      outputTopic: 'out',
      alertTopic: 'alerts',
      deadLetterTopic: 'dead',
      windowMs: 60_000,
      watermarkDelayMs: 0,
      emit: 'updates',
      processingGuarantee: 'at_least_once',
      commitIntervalMs: 1_000,
      numStreamThreads: 4,
      stopTimeoutMs: 20_000,
      simulate: true,
      bindAddress: '0.0.0.0',
      port: 0,
      httpMaxBodyBytes: 1_000,
      httpMaxConnections: 10,
      httpRequestTimeoutMs: 5_000,
      queries: true,
      console: false,
      metrics: true,
      otlp: true,
      traceSampleRatio: 0.2,
      logLevel: 'debug',
    });
  });

  it('simulates only the embedded world unless told otherwise', () => {
    expect(parseSettings({ KAFKA_BROKERS: 'kafka:9092' }).simulate).toBe(false);
    expect(parseSettings({ SIMULATE: 'false' }).simulate).toBe(false);
  });

  it('takes a blank variable for an unset one, but a blank ALERT_TOPIC for no alerts', () => {
    const settings = parseSettings({ KAFKA_BROKERS: '', WINDOW_MS: ' ', ALERT_TOPIC: '' });
    expect(settings).toMatchObject({ kafkaBrokers: null, windowMs: 30_000, alertTopic: null });
  });

  it('names all faults together, each with its value and what is allowed', () => {
    expect(faultsOf({ WINDOW_MS: '30s', EMIT: 'sometimes', PORT: '70000', SIMULATE: 'maybe' })).toBe(
      [
        'Cannot start: 4 settings are wrong.',
        '  WINDOW_MS="30s": must be an integer from 1 to 31622400000 (milliseconds)',
        '  EMIT="sometimes": must be one of final, updates',
        '  SIMULATE="maybe": must be true or false',
        '  PORT="70000": must be an integer from 0 to 65535',
        'Correct the environment and start again.',
      ].join('\n'),
    );
  });

  it.each([
    ['KAFKA_BROKERS', 'kafka', 'host:port'],
    ['KAFKA_BROKERS', 'kafka:9092,other', 'host:port'],
    ['KAFKA_BROKERS', 'kafka:99999', 'host:port'],
    ['KAFKA_BROKERS', ',', 'host:port'],
    ['REDIS_URL', 'http://redis:6379/', 'redis://host:port'],
    ['BIND_ADDRESS', 'localhost', 'an IP address'],
    ['KAFKA_SASL_MECHANISM', 'gssapi', 'one of plain, scram-sha-256, scram-sha-512'],
    ['KAFKA_SSL_CA_FILE', '/nowhere', 'a file that can be read (ENOENT)'],
    ['APPLICATION_ID', 'my app', 'a Kafka name'],
    ['INPUT_TOPIC', 'a/b', 'a Kafka name'],
    ['OUTPUT_TOPIC', '..', 'a Kafka name'],
    ['ALERT_TOPIC', 'ä', 'a Kafka name'],
    ['DEAD_LETTER_TOPIC', 'x'.repeat(181), 'a Kafka name'],
    ['WINDOW_MS', '0', 'an integer from 1'],
    ['WINDOW_MS', '1e3', 'an integer from 1'],
    ['WATERMARK_DELAY_MS', '-1', 'an integer from 0'],
    ['COMMIT_INTERVAL_MS', '0.5', 'an integer from 1'],
    ['STOP_TIMEOUT_MS', '0', 'an integer from 1'],
    ['PROCESSING_GUARANTEE', 'exactly-once', 'one of exactly_once, at_least_once, at_most_once'],
    ['CONSOLE', 'table', 'true or false'],
    ['LOG_LEVEL', 'verbose', 'one of error, warn, info, debug'],
  ])('refuses %s="%s"', (name, value, allowed) => {
    expect(faultsOf({ [name]: value })).toContain(`${name}="${value}": must be ${allowed}`);
  });

  it('refuses several threads for the embedded log', () => {
    expect(faultsOf({ NUM_STREAM_THREADS: '2' })).toContain(
      'NUM_STREAM_THREADS="2": must be 1 without KAFKA_BROKERS: the embedded log belongs to one thread',
    );
  });

  it('refuses one topic in two roles: the output would feed the input', () => {
    expect(faultsOf({ OUTPUT_TOPIC: 'sensor-readings' })).toContain(
      'OUTPUT_TOPIC="sensor-readings": must be another topic than that of INPUT_TOPIC',
    );
  });
});
