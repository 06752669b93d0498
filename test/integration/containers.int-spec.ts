import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startKafka, startRedis, type StartedService } from '@hiveframe/streams-testing/containers';
import { Redis } from 'ioredis';
import { getContainerRuntimeClient } from 'testcontainers';
import { Cluster } from '../support/cluster.ts';
import { whyNoContainers } from '../support/service.ts';

jest.setTimeout(180_000);

const obstacle = await whyNoContainers();
if (obstacle !== undefined) process.stderr.write(`NOT RUN: tests of the containers: ${obstacle}\n`);

(obstacle === undefined ? describe : describe.skip)('containers', () => {
  let kafka: StartedService;
  let redis: StartedService;
  beforeAll(async () => {
    [kafka, redis] = await Promise.all([
      startKafka({ environment: { KAFKA_NUM_PARTITIONS: '7' } }),
      startRedis(),
    ]);
  });
  afterAll(async () => {
    await Promise.all([kafka?.stop(), redis?.stop()]);
  });

  it('starts a Kafka that clients on this machine reach under the address it advertises', async () => {
    const cluster = await Cluster.connect(kafka.address);
    try {
      await cluster.createTopic('readings', 3);
      expect(await cluster.progress('nobody', 'readings')).toEqual({ committed: 0, end: 0 });
    } finally {
      await cluster.close();
    }
  });

  it('starts a Redis that never evicts', async () => {
    const client = new Redis(redis.address);
    try {
      expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    } finally {
      client.disconnect();
    }
  });

  it('leaves a reaper beside them, so that a killed test run leaves nothing behind', async () => {
    const client = await getContainerRuntimeClient();
    const containers = await client.container.list();
    expect(containers.some(({ Image }) => Image.startsWith('testcontainers/ryuk'))).toBe(true);
  });
});
