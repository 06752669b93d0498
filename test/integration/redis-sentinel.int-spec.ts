import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SegmentWriter, type StorePort } from '@hiveframe/streams';
import { redis } from '@hiveframe/streams-redis';
import { eventually } from '../support/eventually.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { RedisServer, redisServerBinary } from '../support/redis-server.ts';

const binary = redisServerBinary();

(binary === undefined ? describe.skip : describe)('redis behind Sentinel', () => {
  let master: RedisServer;
  let replica: RedisServer;
  let sentinel: RedisServer;
  let stores: StorePort | undefined;

  beforeAll(async () => {
    master = await RedisServer.start(binary!);
    replica = await RedisServer.start(binary!, ['--replicaof', '127.0.0.1', String(master.port)]);
    sentinel = await RedisServer.startSentinel(binary!);
    await sentinel.admin(async (client) => {
      await client.call('SENTINEL', 'MONITOR', 'main', '127.0.0.1', master.port, 1);
      await client.call('SENTINEL', 'SET', 'main', 'down-after-milliseconds', 300);
      await client.call('SENTINEL', 'SET', 'main', 'failover-timeout', 2_000);
      await eventually('Sentinel knows the replica', async () => {
        const replicas = await client.call('SENTINEL', 'REPLICAS', 'main');
        return Array.isArray(replicas) && replicas.length === 1;
      });
    });
  }, 30_000);
  afterAll(async () => {
    await stores?.close(1_000);
    await Promise.all([master.stop(), replica.stop(), sentinel.stop()]);
  });

  it('follows a failover: what the replica had goes on, and the owner stays the owner', async () => {
    const logger = new RecordingLogger();
    const client = { sentinels: [{ host: '127.0.0.1', port: sentinel.port }], name: 'main' };
    stores = redis({ client, logger, commandTimeoutMs: 30_000 });
    await stores.connect(AbortSignal.timeout(10_000));
    const id = { applicationId: 'app', store: 'store', partition: 0 };
    const owner = await stores.open(id, { name: 'store', kind: 'keyValue' });
    const writer = new SegmentWriter();
    const flush = (fromOffset: number, value: string) => {
      writer.append(Buffer.from('key'), Buffer.from(value));
      return owner.flush({
        writes: [writer.take(null)],
        expireBeforeMs: null,
        fromOffset,
        toOffset: fromOffset + 1,
      });
    };
    const onReplica = () => replica.admin((direct) => direct.hget('hfs:{app:store:0}:entries', 'key'));
    expect(await flush(0, 'before')).toBe('applied');
    await eventually('the replica has it', async () => (await onReplica()) === 'before');

    await master.crash();
    expect(await flush(1, 'after')).toBe('applied');

    expect(await onReplica()).toBe('after');
    expect(logger.with('Lost the connection')).toHaveLength(1);
    expect(logger.with('is back')).toHaveLength(1);
  }, 60_000);
});
