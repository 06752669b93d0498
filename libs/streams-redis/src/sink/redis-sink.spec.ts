import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '@hiveframe/streams';
import { redisSink } from './redis-sink.ts';

describe('the options of a Redis sink', () => {
  it('are refused with all faults together', () => {
    const declare = () =>
      redisSink({
        cluster: ['redis://localhost'],
        as: 'list' as 'hash',
        keyPrefix: 'a{b}',
        hashTags: false,
        ttlMs: 0,
        maxStreamLength: 5,
      });
    expect(declare).toThrow(ConfigError);
    expect(declare).toThrow(
      'as is list, which is none of hash, string, stream; keyPrefix has a {: hashTags puts in what a Cluster needs; ' +
        'a Cluster needs hashTags; ttlMs must be 1 or more, is 0; maxStreamLength is of streams',
    );
  });

  it('name the sink by its keys', () => {
    expect(redisSink({ url: 'redis://localhost', as: 'hash', keyPrefix: 'stats:' }).name).toBe('redis-stats');
  });
});
