import { describe, expect, it } from '@jest/globals';
import { parseSettings } from './config/settings.ts';
import { BANNER, startupReport, startupWarnings } from './startup-report.ts';

describe('startupReport', () => {
  it('tells which log, stores, topics, windows and guarantee', () => {
    expect(startupReport(parseSettings({}))).toEqual([
      'Log: embedded, in memory: gone with the process (KAFKA_BROKERS or CHECKPOINT_DIR keep it)',
      'Stores: in memory, rebuilt from their changelogs',
      'Topics: sensor-readings -> sensor-aggregates, sensor-alerts; dead letters to sensor-readings-dlq',
      'Windows: 30000 ms, watermark 10000 ms behind, emitting final results',
      'Guarantee: exactly_once, a commit every 100 ms, as iot-sensor-analytics',
      'Simulating sensors into sensor-readings',
    ]);
  });

  it('tells of Kafka and Redis, never of their passwords', () => {
    const lines = startupReport(
      parseSettings({ KAFKA_BROKERS: 'k1:9092,k2:9092', REDIS_URL: 'redis://u:pw@r:6379', ALERT_TOPIC: '' }),
    );
    expect(lines.slice(0, 3)).toEqual([
      'Log: Kafka at k1:9092, k2:9092',
      'Stores: Redis at redis://u:***@r:6379',
      'Topics: sensor-readings -> sensor-aggregates; dead letters to sensor-readings-dlq',
    ]);
  });

  it('warns of a CHECKPOINT_DIR that Kafka makes useless', () => {
    expect(startupWarnings(parseSettings({ CHECKPOINT_DIR: '/data' }))).toEqual([]);
    expect(startupWarnings(parseSettings({ CHECKPOINT_DIR: '/data', KAFKA_BROKERS: 'k:9092' }))).toEqual([
      expect.stringMatching(/^CHECKPOINT_DIR is not used/),
    ]);
  });
});

describe('BANNER', () => {
  it("is the tutorial's", () => {
    expect(BANNER.split('\n')).toEqual(['🐝 Starting IoT Sensor Analytics Stream...', '='.repeat(60), '']);
  });
});
