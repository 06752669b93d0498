import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '@hiveframe/streams';
import { resolveKafkaJsOptions } from './options.ts';

describe('resolveKafkaJsOptions', () => {
  it('fills in what is not given', () => {
    expect(resolveKafkaJsOptions({ brokers: ['a:9092', '[::1]:9093'] })).toMatchObject({
      brokers: [
        { host: 'a', port: 9092 },
        { host: '::1', port: 9093 },
      ],
      compression: 'none',
      requestTimeoutMs: 30_000,
      fetch: { crcCheck: true, maxBytesPerPartition: 1 << 20 },
    });
  });

  it('names all faults together', () => {
    const faulty = {
      brokers: ['localhost', 'a:x'],
      compression: 'brotli' as 'gzip',
      requestTimeoutMs: 0,
      fetch: { maxWaitMs: 1.5 },
    };
    expect(() => resolveKafkaJsOptions(faulty)).toThrow(ConfigError);
    expect(() => resolveKafkaJsOptions(faulty)).toThrow(
      "Cannot use these Kafka options: broker 'localhost' is not host:port; broker 'a:x' is not host:port; " +
        "compression 'brotli' is none of none, gzip, snappy, lz4, zstd; " +
        'requestTimeoutMs must be a whole number above 0, not 0; ' +
        'fetch.maxWaitMs must be a whole number above 0, not 1.5.',
    );
    expect(() => resolveKafkaJsOptions({ brokers: [] })).toThrow('brokers is empty');
  });
});
