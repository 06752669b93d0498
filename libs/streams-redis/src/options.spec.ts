import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '@hiveframe/streams';
import { resolveRedisStoreOptions } from './options.ts';

describe('resolveRedisStoreOptions', () => {
  it('is a server on this machine when nothing is said', () => {
    expect(resolveRedisStoreOptions({})).toMatchObject({
      clusterNodes: null,
      client: {},
      address: 'localhost:6379',
      keyPrefix: 'hfs:',
      commandTimeoutMs: 10_000,
    });
  });

  it('lets the URL say where, and the client options how', () => {
    const { client } = resolveRedisStoreOptions({
      url: 'rediss://url-user@from-url',
      client: { host: 'from-client', connectTimeout: 5, tls: { ca: 'certificate' } },
    });
    expect(client).toEqual({
      host: 'from-url',
      port: 6379,
      username: 'url-user',
      connectTimeout: 5,
      tls: { ca: 'certificate' },
    });
  });

  it('takes user, password and TLS of a cluster from its first URL', () => {
    const resolved = resolveRedisStoreOptions({
      cluster: ['rediss://worker:secret@a:7000', { host: 'b', port: 7001 }],
    });
    expect(resolved.clusterNodes).toEqual([
      { host: 'a', port: 7000 },
      { host: 'b', port: 7001 },
    ]);
    expect(resolved.client).toEqual({ username: 'worker', password: 'secret', tls: {} });
  });

  it('tells all faults together, without secrets', () => {
    const resolve = () =>
      resolveRedisStoreOptions({ url: 'postgres://u:s3cret@h', cluster: [], commandTimeoutMs: 0.5 });
    expect(resolve).toThrow(ConfigError);
    expect(resolve).toThrow(
      /url is no URL .*; cluster is empty; url and cluster exclude each other; commandTimeoutMs must be/,
    );
    expect(resolve).not.toThrow(/s3cret/);
  });

  it('never writes to the caller’s options', () => {
    const options = Object.freeze({ url: 'redis://h', client: Object.freeze({ connectTimeout: 5 }) });
    expect(() => resolveRedisStoreOptions(options)).not.toThrow();
  });
});
