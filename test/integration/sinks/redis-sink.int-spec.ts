/** The Redis sink on a real server: the suite of its contract, as hashes, strings and streams, and what is Redis' own. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { SinkRecord } from '@hiveframe/streams';
import { RedisSink, type RedisRowKind, type RedisSinkOptions } from '@hiveframe/streams-redis';
import { describeExactlyOnceSinks, type SinkSample } from '@hiveframe/streams-testing/conformance';
import { Redis } from 'ioredis';
import { redisUrl } from '../../support/redis.ts';
import { RedisServer, redisServerBinary } from '../../support/redis-server.ts';
import { guideCommands } from '../../support/security-guide.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';

jest.setTimeout(60_000);

const url = await redisUrl();
const binary = redisServerBinary();
const uniquePrefix = () => `sink-${randomUUID()}:`;

/** Keys under a prefix, brought back as they were: what a failover to a replica that lags behind does. */
async function rollBackPoint(client: Redis, prefix: string): Promise<() => Promise<void>> {
  const remembered = new Map<string, Buffer>();
  for (const key of await client.keys(`${prefix}*`)) remembered.set(key, (await client.dumpBuffer(key))!);
  return async () => {
    const transaction = client.multi();
    for (const key of await client.keys(`${prefix}*`)) transaction.del(key);
    for (const [key, dump] of remembered) transaction.restore(key, 0, dump);
    await transaction.exec();
  };
}

async function idsUnder(client: Redis, prefix: string, as: RedisRowKind): Promise<number[]> {
  const keys = (await client.keys(`${prefix}*`)).filter((key) => !key.endsWith('}'));
  const ids: string[] = [];
  for (const key of keys) {
    if (as === 'hash') ids.push((await client.hget(key, 'id'))!);
    else if (as === 'string') ids.push(String((JSON.parse((await client.get(key))!) as SinkSample).id));
    else
      ids.push(
        ...(await client.xrange(key, '-', '+')).map(([, fields]) => fields[fields.indexOf('id') + 1]!),
      );
  }
  return ids.map(Number);
}

const row = ({ value }: SinkRecord<string, SinkSample>) => {
  if (value.id < 0) throw new Error('impossible');
  return { ...value };
};
/** Each sample a row of its own: the suite's sinks append. */
const rowPerSample = (as: RedisRowKind): Pick<RedisSinkOptions<string, SinkSample>, 'rowKey'> => {
  let n = 0;
  return as === 'stream' ? {} : { rowKey: () => `${n++}-${randomUUID()}` };
};

(url === undefined ? describe.skip : describe)('Redis', () => {
  const client = new Redis(url!, { lazyConnect: true });
  beforeAll(() => client.connect());
  afterAll(() => client.disconnect());

  for (const as of ['hash', 'string', 'stream'] as const) {
    describeExactlyOnceSinks(`Redis, rows as ${as}`, () => {
      const proxies: TcpProxy[] = [];
      return {
        target: async () => {
          const keyPrefix = uniquePrefix();
          const proxy = await TcpProxy.create(new URL(url!).host);
          await proxy.restore();
          proxies.push(proxy);
          return {
            impossible: { id: -1, text: 'x' },
            sink: () =>
              new RedisSink<string, SinkSample>({
                url: `redis://${proxy.address}`,
                as,
                keyPrefix,
                row,
                ...rowPerSample(as),
                commandTimeoutMs: 2_000,
                logger: { log: () => {} },
              }),
            ids: () => idsUnder(client, keyPrefix, as),
            outage: async () => {
              await proxy.cut();
              return () => proxy.restore();
            },
            rollBackPoint: () => rollBackPoint(client, keyPrefix),
          };
        },
        stop: async () => {
          await Promise.all(proxies.map((proxy) => proxy.cut()));
        },
      };
    });
  }

  describe('rows', () => {
    const made: RedisSink<unknown, unknown>[] = [];
    afterEach(async () => {
      await Promise.all(made.splice(0).map((sink) => sink.close()));
    });
    const open = async (options: Partial<RedisSinkOptions<unknown, unknown>>) => {
      const keyPrefix = uniquePrefix();
      const sink = new RedisSink<unknown, unknown>({ url: url!, as: 'hash', keyPrefix, ...options });
      made.push(sink);
      const topic = `topic-${keyPrefix.slice(0, -1)}`;
      const partition = await sink.open(topic, 0);
      let offset = 0;
      const write = async (...records: readonly (readonly [key: unknown, value: unknown])[]) => {
        const batch = records.map(([key, value]): SinkRecord<unknown, unknown> => {
          return { key, value, topic, partition: 0, timestampMs: 0, offset: offset++ };
        });
        return (await partition.write(batch, { offset, rejected: [] })) ?? [];
      };
      return { keyPrefix, write, topic };
    };

    it('are hashes that are replaced whole, and deleted by null', async () => {
      const { keyPrefix, write } = await open({});
      await write(['a', { n: 1, old: true }], ['b', { n: 2 }], ['a', { n: 3, at: new Date(0), none: null }]);
      expect(await client.hgetall(`${keyPrefix}a`)).toEqual({
        key: 'a',
        n: '3',
        at: '1970-01-01T00:00:00.000Z',
      });
      await write(['b', null], ['a', { doc: { x: [1n] }, yes: false }]);
      expect(await client.hgetall(`${keyPrefix}a`)).toEqual({ key: 'a', doc: '{"x":["1"]}', yes: 'false' });
      expect(await client.exists(`${keyPrefix}b`)).toBe(0);
    });

    it('of a window have its start in their key', async () => {
      const { keyPrefix, write } = await open({ as: 'string' });
      await write([{ key: 's1', window: { startMs: 60_000, endMs: 90_000 } }, { n: 1 }]);
      expect(JSON.parse((await client.get(`${keyPrefix}s1:60000`))!)).toEqual({
        key: 's1',
        window_start: 60_000,
        window_end: 90_000,
        n: 1,
      });
    });

    it('expire after their time', async () => {
      const { keyPrefix, write } = await open({ ttlMs: 60_000 });
      await write(['a', { n: 1 }]);
      const left = await client.pttl(`${keyPrefix}a`);
      expect(left).toBeGreaterThan(50_000);
      expect(left).toBeLessThanOrEqual(60_000);
    });

    it('are entries of a stream in their order, trimmed about', async () => {
      const { keyPrefix, write } = await open({ as: 'stream', maxStreamLength: 500 });
      for (let i = 0; i < 5; i++) {
        await write(...Array.from({ length: 400 }, (_, j) => ['a', { n: i * 400 + j }] as const));
      }
      const entries = await client.xrange(`${keyPrefix}stream`, '-', '+');
      expect(entries.length).toBeGreaterThanOrEqual(500);
      expect(entries.length).toBeLessThan(1_000);
      expect(entries.at(-1)![1]).toEqual(['key', 'a', 'n', '1999']);
    });

    it('that cannot be are rejected alone', async () => {
      const { keyPrefix, write } = await open({});
      const rejected = await write(['a', { n: 1 }], [null, { n: 2 }], ['b', { n: 3 }]);
      expect(rejected.map(({ offset, reason }) => [offset, reason.message])).toEqual([
        [1, 'it has no key to name its row'],
      ]);
      expect(await client.exists(`${keyPrefix}a`, `${keyPrefix}b`)).toBe(2);
    });

    it('are rejected alone where their key is that of a position, or an entry would be too wide', async () => {
      const { keyPrefix, write, topic } = await open({});
      const position = `{${topic}:1}`;
      expect(await write([position, { n: 1 }], ['position', { n: 2 }])).toMatchObject([{ offset: 0 }]);
      expect(await client.exists(`${keyPrefix}${position}`)).toBe(0);
      const tagged = await open({ hashTags: true });
      expect(await tagged.write(['position', { n: 3 }], ['b', { n: 4 }])).toEqual([]);
      const wide = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`column${i}`, i]));
      expect(await write(['wide', wide])).toEqual([]);
      expect(await client.hlen(`${keyPrefix}wide`)).toBe(5_001);
      const stream = await open({ as: 'stream' });
      expect(await stream.write(['a', { n: 1 }], ['a', wide], ['a', { n: 2 }])).toMatchObject([
        { offset: 1 },
      ]);
      expect(await client.xlen(`${stream.keyPrefix}stream`)).toBe(2);
    });

    it('are not written over what is no stream, nor is the position moved', async () => {
      const { keyPrefix, write } = await open({ as: 'stream' });
      await client.set(`${keyPrefix}stream`, 'mine');
      await expect(write(['a', { n: 1 }])).rejects.toMatchObject({
        failure: 'unusable',
        message: expect.stringContaining('is a string'),
      });
      await client.del(`${keyPrefix}stream`);
      await write(['a', { n: 2 }]);
      expect(await client.xlen(`${keyPrefix}stream`)).toBe(1);
    });

    it('are not written behind what a server has lost', async () => {
      const { keyPrefix, write } = await open({});
      await write(['a', { n: 1 }]);
      const rollBack = await rollBackPoint(client, keyPrefix);
      await write(['a', { n: 2 }]);
      await rollBack();
      await expect(write(['a', { n: 3 }])).rejects.toMatchObject({
        failure: 'unavailable',
        message: expect.stringContaining('has lost writes'),
      });
    });
  });

  it('is waited for when it is away', async () => {
    const sink = new RedisSink({
      url: 'redis://127.0.0.1:1',
      as: 'hash',
      keyPrefix: 'x:',
      commandTimeoutMs: 300,
      logger: { log: () => {} },
    });
    await expect(sink.open('topic', 0)).rejects.toMatchObject({ code: 'HFS_SINK', failure: 'unavailable' });
    await sink.close();
  });
});

(binary === undefined ? describe.skip : describe)('the user of the guide', () => {
  const [, , , ...rule] = guideCommands('ACL SETUSER sinks')[0]!.split(' ');
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start(binary!);
  }, 30_000);
  afterAll(() => server.stop());

  const setUser = (user: string, words: readonly string[]) =>
    server.admin((client) => client.acl('SETUSER', user, 'reset', ...words));
  /** All that a sink does, with rows of each kind. */
  const useSinks = async (user: string) => {
    await server.admin((client) => client.script('FLUSH'));
    for (const as of ['hash', 'string', 'stream'] as const) {
      const url = server.url.replace('redis://', `redis://${user}:PASSWORD@`);
      const sink = new RedisSink({
        url,
        as,
        keyPrefix: 'vehicle:',
        ttlMs: 60_000,
        logger: { log: () => {} },
      });
      try {
        await sink.open(as, 0);
        const partition = await sink.open(as, 0);
        for (let i = 0, from = partition.position?.offset ?? 0; i < 2; i++) {
          const record = { topic: as, partition: 0, timestampMs: 0, key: 'a', value: { i } };
          await partition.write([{ ...record, offset: from + i }], { offset: from + i + 1, rejected: [] });
        }
        await server.admin((client) => client.del('vehicle:a'));
      } finally {
        await sink.close();
      }
    }
  };

  it('may write', async () => {
    await setUser('sinks', rule);
    await useSinks('sinks');
  });

  it.each(rule.filter((word) => word.startsWith('+')))('may not without %s', async (command) => {
    await setUser(
      'less',
      rule.filter((word) => word !== command),
    );
    await expect(useSinks('less')).rejects.toMatchObject({ failure: 'unusable' });
  });
});

(binary === undefined ? describe.skip : describe)('a Redis Cluster', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.startCluster(binary!);
  }, 30_000);
  afterAll(() => server.stop());

  describeExactlyOnceSinks('Redis Cluster, rows as hash', () => ({
    target: async () => {
      const keyPrefix = uniquePrefix();
      return {
        sink: () =>
          new RedisSink<string, SinkSample>({
            cluster: [server.url],
            as: 'hash',
            keyPrefix,
            row,
            ...rowPerSample('hash'),
          }),
        ids: () => server.admin((client) => idsUnder(client, keyPrefix, 'hash')),
      };
    },
  }));
});
