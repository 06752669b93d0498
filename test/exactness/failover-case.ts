/** An application that counts keys, in several instances on real Kafka and Redis, whose restores a test can watch and hold. */
import { Redis } from 'ioredis';
import {
  double,
  inMemoryStores,
  RecordBatchWriter,
  StreamsApp,
  StreamsBuilder,
  string,
  topic,
  type LogPort,
  type RestoreProgress,
  type StoreFlush,
  type StorePort,
  type Topology,
} from '@hiveframe/streams';
import { partitionFor } from '@hiveframe/streams/internal';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { redis } from '@hiveframe/streams-redis';
import { Cluster } from '../support/cluster.ts';
import { dumpTopic } from '../support/dump.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import type { Services } from './scenario.ts';

export const NUM_PARTITIONS = 4;
/** The shortest that Kafka allows: a member that is silent for so long is out. */
export const SESSION_TIMEOUT_MS = 6_000;

/** Asked before each flush: it waits for the answer. */
export type FlushGate = (partition: number, flush: StoreFlush) => Promise<void>;

export interface Instance {
  readonly app: StreamsApp;
  readonly log: RecordingLogger;
  /** Records that were replayed, by partition. */
  readonly replayed: Map<number, number>;
  /** Restores that were called off. */
  readonly suspended: RestoreProgress[];
  readonly started: Promise<void>;
}

let serial = 0;

export class FailoverCase {
  readonly id = `failover-${Date.now().toString(36)}-${process.pid}-${serial++}`;
  readonly input = `${this.id}-in`;
  readonly output = `${this.id}-out`;
  readonly cluster: Cluster;
  readonly #services: Services;
  readonly #log: LogPort;
  readonly #apps: StreamsApp[] = [];

  private constructor(services: Services, cluster: Cluster, log: LogPort) {
    this.#services = services;
    this.cluster = cluster;
    this.#log = log;
  }

  static async open(services: Services): Promise<FailoverCase> {
    const log = kafkajs({ brokers: services.brokers.split(',') });
    await log.connect();
    const one = new FailoverCase(services, await Cluster.connect(services.brokers), log);
    for (const name of [one.input, one.output]) await one.cluster.createTopic(name, NUM_PARTITIONS);
    return one;
  }

  get #topology(): Topology {
    const builder = new StreamsBuilder();
    builder
      .stream(topic(this.input, { key: string(), value: string() }))
      .groupByKey({ name: 'counts' })
      .count({ store: { value: double() } })
      .toStream()
      .mapValues((count) => String(count))
      .to(topic(this.output, { key: string(), value: string() }));
    return builder.build();
  }

  start(state: 'redis' | 'memory', gate: FlushGate = async () => {}): Instance {
    const log = new RecordingLogger();
    const stores = state === 'redis' ? redis({ url: this.#services.redisUrl }) : inMemoryStores();
    const app = new StreamsApp(this.#topology, {
      applicationId: this.id,
      log: kafkajs({ brokers: this.#services.brokers.split(','), logger: log }),
      stores: gated(stores, gate),
      processingGuarantee: 'exactly_once',
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      logger: log,
    });
    this.#apps.push(app);
    const replayed = new Map<number, number>();
    const suspended: RestoreProgress[] = [];
    app.listen({
      onBatchRestored: ({ partition }, records) =>
        replayed.set(partition, (replayed.get(partition) ?? 0) + records),
      onRestoreSuspended: (progress) => suspended.push(progress),
    });
    return { app, log, replayed, suspended, started: app.start() };
  }

  /** One record for each key. */
  async write(keys: readonly string[]): Promise<void> {
    const batches = Array.from({ length: NUM_PARTITIONS }, () => new RecordBatchWriter());
    for (const key of keys) batches[partitionOf(key)]!.append(Buffer.from(key), Buffer.from('x'), Date.now());
    const writer = this.#log.writer();
    const records = batches.map((batch, partition) => ({ partition, records: batch.take() }));
    await writer.send(
      records.filter((one) => one.records.count > 0).map((one) => ({ ...one, topic: this.input })),
    );
    await writer.close();
  }

  /** State of these keys, in Redis and in the changelog; ends with the instance that made it. */
  async build(keys: readonly string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += 10_000) await this.write(keys.slice(at, at + 10_000));
    const { app, started } = this.start('redis');
    await started;
    await this.cluster.waitForCommitted(this.id, this.input, { timeoutMs: 120_000 });
    await app.stop();
  }

  /** Removes what Redis holds of one partition, or of all. */
  async forgetState(partition: number | '*' = '*'): Promise<void> {
    const client = new Redis(this.#services.redisUrl);
    for await (const found of client.scanStream({
      match: `*{${this.id}:counts:${partition}}*`,
      count: 1_000,
    })) {
      const keys = found as string[];
      if (keys.length > 0) await client.unlink(...keys);
    }
    client.disconnect();
  }

  /** How many keys Redis holds. */
  async keysInRedis(): Promise<number> {
    const client = new Redis(this.#services.redisUrl);
    const counts = Array.from({ length: NUM_PARTITIONS }, (_, partition) =>
      client.hlen(`hfs:{${this.id}:counts:${partition}}:entries`),
    );
    const sum = (await Promise.all(counts)).reduce((total, count) => total + count, 0);
    client.disconnect();
    return sum;
  }

  /** The last committed count of each of these keys that has one. */
  async counts(keys: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const wanted = new Set(keys);
    const counts = new Map<string, number>();
    for (const { key, value } of await dumpTopic(this.#services.brokers, this.output)) {
      if (wanted.has(String(key))) counts.set(String(key), Number(value));
    }
    return counts;
  }

  async close(): Promise<void> {
    await Promise.all(this.#apps.map((app) => app.stop({ timeoutMs: 5_000 }).catch(() => {})));
    await this.#log.close(1_000);
    await this.cluster.removeAll(this.id);
    await this.cluster.close();
    await this.forgetState();
  }
}

export function partitionOf(key: string): number {
  return partitionFor(Buffer.from(key), NUM_PARTITIONS);
}

function gated(stores: StorePort, gate: FlushGate): StorePort {
  return {
    name: stores.name,
    durable: stores.durable,
    connect: (signal) => stores.connect(signal),
    reader: (id, spec) => stores.reader(id, spec),
    close: (timeoutMs) => stores.close(timeoutMs),
    open: async (id, spec) => {
      const partition = await stores.open(id, spec);
      return new Proxy(partition, {
        get: (target, name: keyof typeof partition) => {
          if (name === 'flush')
            return async (flush: StoreFlush) => {
              await gate(id.partition, flush);
              return target.flush(flush);
            };
          const value = target[name];
          return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
        },
      });
    },
  };
}
