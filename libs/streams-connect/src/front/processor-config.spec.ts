import { describe, expect, test } from '@jest/globals';
import { embedded } from '@hiveframe/streams-embedded';
import { resolveProcessorConfig, type StreamProcessorConfig } from './processor-config.ts';

const streams = (config: Partial<StreamProcessorConfig<unknown>> = {}) =>
  resolveProcessorConfig({ name: 'iot', ...config }).streams;

describe('resolveProcessorConfig', () => {
  test("says the tutorial's words in the engine's", () => {
    expect(streams({ delivery: 'exactly_once', batchIntervalMs: 500 })).toMatchObject({
      applicationId: 'iot',
      processingGuarantee: 'exactly_once',
      commitIntervalMs: 500,
    });
  });

  test('delivers at least once, commits every second and makes its source topic with one partition', () => {
    expect(streams()).toMatchObject({
      processingGuarantee: 'at_least_once',
      commitIntervalMs: 1_000,
      missingSourceTopics: { create: { numPartitions: 1 } },
      log: { name: 'embedded' },
    });
  });

  test('commits after the shorter of batch and checkpoint interval', () => {
    expect(streams({ batchIntervalMs: 1_000, checkpointIntervalMs: 5_000 }).commitIntervalMs).toBe(1_000);
    expect(streams({ batchIntervalMs: 1_000, checkpointIntervalMs: 200 }).commitIntervalMs).toBe(200);
  });

  test('lets a transaction live longer than the time between commits', () => {
    expect(streams().transactionTimeoutMs).toBe(10_000);
    expect(streams({ batchIntervalMs: 60_000 }).transactionTimeoutMs).toBe(180_000);
    expect(streams({ transactionTimeoutMs: 7_000 }).transactionTimeoutMs).toBe(7_000);
  });

  test('hands on what the engine knows itself', () => {
    const log = embedded();
    expect(streams({ log, maxPendingBytes: 5, deadLetterTopic: 'dlq' })).toMatchObject({
      log,
      maxPendingBytes: 5,
      deadLetterTopic: 'dlq',
    });
  });

  test('names all faults together', () => {
    const faulty = { batchIntervalMs: 0, checkpointIntervalMs: NaN, numPartitions: 1.5 };
    expect(() => streams({ ...faulty, log: embedded(), checkpointDir: 'x' })).toThrow(
      'Cannot make stream iot: batchIntervalMs must be a positive number of milliseconds, is 0; ' +
        'checkpointIntervalMs must be a positive number of milliseconds, is NaN; ' +
        'numPartitions must be a whole number of 1 or more, is 1.5; ' +
        'checkpointDir is where the embedded log lives, but another log is given: leave one of them out.',
    );
  });
});
