/** Somebody else's hands in the keys of a store: found when the partition is opened, or flushed, or read; then the store is emptied and
 *  restored from its changelog, told once, and the counts go on as if nothing had been. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Redis } from 'ioredis';
import { json, string, StreamsBuilder, topic, type StreamsApp } from '@hiveframe/streams';
import { redis } from '@hiveframe/streams-redis';
import { eventually } from '../../support/eventually.ts';
import { kafkaBrokers } from '../../support/kafka.ts';
import { numbered } from '../../support/log-records.ts';
import { RedisServer, redisServerBinary } from '../../support/redis-server.ts';
import { Scene } from './scene.ts';

jest.setTimeout(120_000);

const brokers = await kafkaBrokers();
const binary = redisServerBinary();

const WORDS = numbered('w', 20);
const repeated = (times: number) => Object.fromEntries(WORDS.map((word) => [word, times]));

interface Keys {
  readonly meta: string;
  readonly entries: string;
}

(brokers === undefined || binary === undefined ? describe.skip : describe)('a store in Redis', () => {
  let server: RedisServer;
  let scene: Scene;
  let keys: Keys;
  let prefix: string;

  beforeAll(async () => {
    server = await RedisServer.start(binary!);
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    scene = await Scene.open(brokers!.split(','));
    prefix = `hfs:{${scene.applicationId}:by-word:0}`;
    keys = { meta: `${prefix}:meta`, entries: `${prefix}:entries` };
  });
  afterEach(() => scene.close());

  const change = (what: (client: Redis) => Promise<unknown>) => server.admin(what);

  /** Counts words; small caches, so that what was counted is read from Redis again. */
  async function start(): Promise<StreamsApp> {
    const builder = new StreamsBuilder();
    builder
      .stream(topic(scene.input, { key: string(), value: string() }))
      .groupBy((word) => word, { name: 'by-word' })
      .count()
      .toStream()
      .mapValues((count) => count ?? 0)
      .to(topic(scene.output, { key: string(), value: json<number>() }));
    const stores = redis({ url: server.url, logger: scene.logger });
    const app = scene.app({ stores, maxCachedBytes: 1 }, builder.build());
    await app.start();
    return app;
  }

  const counts = async (): Promise<Record<string, number>> => {
    const texts = await scene.readPairs();
    return Object.fromEntries(texts.map(([word, count]) => [word, Number(count)]));
  };
  const untilCounted = (times: number) =>
    eventually(`everything is counted ${times} times`, async () => {
      const seen = await counts();
      return (
        Object.keys(seen).length === WORDS.length && Object.values(seen).every((count) => count === times)
      );
    });

  type Damage = (client: Redis, keys: Keys) => Promise<unknown>;
  const DAMAGES: ReadonlyArray<readonly [string, Damage, RegExp]> = [
    ['entries of another type', (c, { entries }) => c.set(entries, 'x'), /:entries is a string/],
    ['a meta key of another type', (c, { meta }) => c.set(meta, 'x'), /:meta is a string/],
    ['an offset that is no number', (c, { meta }) => c.hset(meta, 'offset', 'x'), /offset is no number/],
    ['an epoch that is no number', (c, { meta }) => c.hset(meta, 'epoch', 'x'), /epoch is no number/],
    [
      'no entries, and the right offset',
      (c, { entries }) => c.del(entries),
      /has 0 entries, 20 were written/,
    ],
    [
      'some entries gone',
      async (c, { entries }) => c.hdel(entries, ...(await c.hkeys(entries)).slice(0, 2)),
      /has 18 entries, 20 were written/,
    ],
    [
      'entries of somebody else',
      (c, { entries }) => c.hset(entries, 'z', 'x'),
      /has 21 entries, 20 were written/,
    ],
    ['data without an offset', (c, { meta }) => c.del(meta), /offset is gone/],
  ];

  it.each(DAMAGES)('with %s is restored when it is opened', async (_, damage, why) => {
    const first = await start();
    await scene.write(WORDS);
    await untilCounted(1);
    await first.stop();
    await change((client) => damageOf(client, damage));

    const second = await start();
    await scene.write(WORDS);
    await untilCounted(2);
    expect(await counts()).toEqual(repeated(2));
    const told = scene.logger.with('was damaged in Redis');
    expect(told).toEqual([expect.stringMatching(why)]);
    expect(second.state).toBe('running');
  });

  async function damageOf(client: Redis, damage: Damage): Promise<void> {
    if (damage === DAMAGES[0]![1]) await client.del(keys.entries);
    await damage(client, keys);
  }

  it.each([
    [
      'entries of another type',
      async (client: Redis) => {
        await client.del(keys.entries);
        await client.set(keys.entries, 'x');
      },
    ],
    [
      'values that cannot be read',
      async (client: Redis) => {
        for (const word of await client.hkeys(keys.entries))
          await client.hset(keys.entries, word, 'garbage!{');
      },
    ],
    ['a higher epoch of somebody else', (client: Redis) => client.hset(keys.meta, 'epoch', 1_000)],
    ['nothing at all', (client: Redis) => client.flushall()],
  ] as ReadonlyArray<readonly [string, (client: Redis) => Promise<unknown>]>)(
    'that has %s while the application runs is opened again, and nothing is lost',
    async (_, damage) => {
      const app = await start();
      await scene.write(WORDS);
      await untilCounted(1);
      await change(damage);
      await scene.write(WORDS);
      await untilCounted(2);
      expect(await counts()).toEqual(repeated(2));
      expect(app.state).toBe('running');
      expect(scene.logger.with('starts over').length).toBeLessThanOrEqual(2);
    },
  );
});
