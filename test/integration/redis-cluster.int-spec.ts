import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { redis } from '@hiveframe/streams-redis';
import { describeStores } from '@hiveframe/streams-testing/conformance';
import { eventually } from '../support/eventually.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { RedisServer, redisServerBinary } from '../support/redis-server.ts';

const binary = redisServerBinary();

(binary === undefined ? describe.skip : describe)('redis cluster', () => {
  let server: RedisServer;

  beforeAll(async () => {
    server = await RedisServer.startCluster(binary!);
  }, 30_000);
  afterAll(() => server.stop());

  if (binary === undefined) it('needs a redis-server', () => {});
  else {
    describeStores('redis cluster', () => ({
      stores: async () => redis({ cluster: [server.url] }),
      uniqueName: (prefix) => `${prefix}-${randomUUID()}`,
      modelRuns: 20,
    }));

    it('comes back after the node was gone, told in two lines', async () => {
      const logger = new RecordingLogger();
      const stores = redis({ cluster: [server.url], logger, commandTimeoutMs: 20_000 });
      await stores.connect();
      const id = { applicationId: 'app', store: 'store', partition: 0 };
      const owner = await stores.open(id, { name: 'store', kind: 'keyValue' });
      await server.crash();
      await eventually('the loss is told', () => logger.with('Lost the connection').length > 0);
      const flushed = owner.flush({ writes: [], expireBeforeMs: null, fromOffset: 0, toOffset: 1 });
      await server.start();
      expect(await flushed).toBe('applied');
      await eventually('the return is told', () => logger.with('is back').length > 0);
      expect(logger.lines).toHaveLength(2 * logger.with('is back').length);
      await stores.close(1_000);
    }, 30_000);
  }
});
