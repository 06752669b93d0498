import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  startKafka,
  startRedis,
  startSchemaRegistry,
  TestTopics,
  type StartedService,
} from '@hiveframe/streams-testing/containers';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { Redis } from 'ioredis';
import { getContainerRuntimeClient } from 'testcontainers';
import { Cluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { whyNoContainers } from '../support/service.ts';

jest.setTimeout(180_000);

const obstacle = await whyNoContainers();
if (obstacle !== undefined) process.stderr.write(`NOT RUN: tests of the containers: ${obstacle}\n`);

(obstacle === undefined ? describe : describe.skip)('containers', () => {
  let kafka: StartedService;
  let redis: StartedService;
  let schemaRegistry: StartedService;
  beforeAll(async () => {
    [kafka, redis, schemaRegistry] = await Promise.all([
      startKafka({ environment: { KAFKA_NUM_PARTITIONS: '7' } }),
      startRedis(),
      startSchemaRegistry(),
    ]);
  });
  afterAll(async () => {
    await Promise.all([kafka?.stop(), redis?.stop(), schemaRegistry?.stop()]);
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

  it('starts a schema registry that speaks as the one of Confluent does', async () => {
    const subject = `${schemaRegistry.address}/subjects/readings-value`;
    const registered = await fetch(`${subject}/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schema: '"string"' }),
    });
    const { id } = (await registered.json()) as { id: number };
    const found = await fetch(`${schemaRegistry.address}/schemas/ids/${id}`);
    expect(await found.json()).toMatchObject({ schema: '"string"' });
  });

  it('gives topics that no other test has, and deletes them', async () => {
    const log = kafkajs({ brokers: [kafka.address] });
    await log.connect();
    try {
      let name: string;
      {
        await using topics = new TestTopics(log);
        name = await topics.create('readings', { numPartitions: 3 });
        expect((await log.admin.describe([name])).get(name)?.numPartitions).toBe(3);
      }
      const isGone = async () => (await log.admin.describe([name])).size === 0;
      await eventually(`topic ${name} is deleted`, isGone);
    } finally {
      await log.close(5_000);
    }
  });

  it('leaves a reaper beside them, so that a killed test run leaves nothing behind', async () => {
    const client = await getContainerRuntimeClient();
    const containers = await client.container.list();
    expect(containers.some(({ Image }) => Image.startsWith('testcontainers/ryuk'))).toBe(true);
  });
});
