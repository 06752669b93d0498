/** Real Kafka and real Redis, shared by all cases; each application has topics of its own, the input is the same for all. */
import type { LogPort } from '@hiveframe/streams';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { redis } from '@hiveframe/streams-redis';
import { Redis } from 'ioredis';
import { Cluster, type Progress } from '../../support/cluster.ts';
import type { RunningProcess } from '../../support/child-process.ts';
import { eventually } from '../../support/eventually.ts';
import { KEEPS_OLD_RECORDS } from '../../support/topic-config.ts';
import type { Services } from '../scenario.ts';
import { writeInput } from './input.ts';
import { NUM_PARTITIONS, STORE, topicsOf } from './layout.ts';
import { contentOf, type StoreContent } from './store-content.ts';
import type { World } from './world.ts';

const PARTITIONS = Array.from({ length: NUM_PARTITIONS }, (_, partition) => partition);
export class KafkaWorld implements World {
  readonly prefix: string;
  readonly input: string;
  readonly services: Services;
  readonly log: LogPort;
  readonly redis: Redis;
  readonly #stores;

  private constructor(services: Services) {
    this.services = services;
    this.prefix = `crash-points-${Date.now().toString(36)}-${process.pid}`;
    this.input = `${this.prefix}-in`;
    this.log = kafkajs({ brokers: services.brokers.split(',') });
    this.redis = new Redis(services.redisUrl);
    this.#stores = redis({ url: services.redisUrl });
  }

  static async open(services: Services): Promise<KafkaWorld> {
    const world = new KafkaWorld(services);
    await Promise.all([world.log.connect(), world.#stores.connect()]);
    await world.#create([world.input]);
    await writeInput(world.log, world.input);
    return world;
  }

  async prepare(applicationId: string): Promise<void> {
    const { output, alerts, deadLetters } = topicsOf(applicationId);
    await this.#create([output, alerts, deadLetters]);
  }

  settings(): Readonly<Record<string, string>> {
    const { brokers, redisUrl } = this.services;
    return { KAFKA_BROKERS: brokers, REDIS_URL: redisUrl, INPUT_TOPIC: this.input };
  }

  async progress(applicationId: string): Promise<Progress> {
    const inputs = PARTITIONS.map((partition) => ({ topic: this.input, partition }));
    const [committed, ends] = await Promise.all([
      this.log.admin.committed(applicationId, inputs),
      this.log.admin.offsets(inputs, 'end'),
    ]);
    return { committed: sumOf(committed), end: sumOf(ends) };
  }

  async untilConsumed(applicationId: string, apps: readonly RunningProcess[]): Promise<void> {
    const look = async () => {
      for (const app of apps) app.assertRunning();
      const { committed, end } = await this.progress(applicationId);
      return committed === end;
    };
    await eventually('all input is committed', look, { timeoutMs: 90_000 });
  }

  read<T>(_applicationId: string, look: (log: LogPort) => Promise<T>): Promise<T> {
    return look(this.log);
  }

  stores(applicationId: string): Promise<readonly StoreContent[]> {
    const spec = { name: STORE, kind: 'window' } as const;
    const readers = PARTITIONS.map((partition) =>
      this.#stores.reader({ applicationId, store: STORE, partition }, spec),
    );
    return Promise.all(readers.map(contentOf));
  }

  /** The changelog offset at which a store partition stands. */
  async storeOffset(applicationId: string, partition: number): Promise<number> {
    return Number(await this.redis.hget(`hfs:{${applicationId}:${STORE}:${partition}}:meta`, 'offset'));
  }

  /** All that is in Redis of an application. */
  async forgetStores(applicationId: string): Promise<void> {
    const keys = await this.redis.keys(`*{${applicationId}:*`);
    if (keys.length > 0) await this.redis.unlink(...keys);
  }

  /** Its topics go with all the others. */
  remove(applicationId: string): Promise<void> {
    return this.forgetStores(applicationId);
  }

  async close(): Promise<void> {
    const cluster = await Cluster.connect(this.services.brokers);
    await cluster.removeAll(this.prefix);
    await Promise.all([cluster.close(), this.log.close(1_000), this.#stores.close(1_000)]);
    this.redis.disconnect();
  }

  #create(topics: readonly string[]): Promise<void> {
    return this.log.admin.create(
      topics.map((topic) => ({ topic, numPartitions: NUM_PARTITIONS, config: KEEPS_OLD_RECORDS })),
    );
  }
}

function sumOf(offsets: readonly { readonly offset: number }[]): number {
  return offsets.reduce((sum, { offset }) => sum + offset, 0);
}
