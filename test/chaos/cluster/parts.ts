/** All that a run starts: a Kafka of three brokers, a Redis, a producer and three instances of the application. */
import type { RunningProcess } from '../../support/child-process.ts';
import { Cluster } from '../../support/cluster.ts';
import { KafkaCluster } from '../../support/kafka-cluster.ts';
import { startPeer } from '../../support/peer.ts';
import type { ChaosSettings } from '../settings.ts';
import { DurableRedis } from './durable-redis.ts';
import { Instances } from './instances.ts';

export interface Programs {
  /** See `KafkaCluster.script`. */
  readonly kafkaScript: string;
  readonly redisBinary: string;
}

export const APPLICATION_ID = 'chaos';
export const TOPICS = {
  input: 'chaos-in',
  output: 'chaos-out',
  alerts: 'chaos-alerts',
  deadLetters: 'chaos-dead-letters',
} as const;
const NUM_PARTITIONS = 6;
const SENSORS = 300;
/** Event time passes faster than the clock, so that a short run closes windows too. */
const EVENT_MS_PER_MS = 5;
/** More than a run can last beyond its minutes: the producer is stopped when all else is done. */
const SPARE_SECONDS = 600;

export class Parts {
  readonly kafka: KafkaCluster;
  readonly redis: DurableRedis;
  readonly cluster: Cluster;
  readonly instances: Instances;
  #producer: RunningProcess | undefined;

  private constructor(kafka: KafkaCluster, redis: DurableRedis, cluster: Cluster, settings: ChaosSettings) {
    this.kafka = kafka;
    this.redis = redis;
    this.cluster = cluster;
    this.instances = new Instances({
      KAFKA_BROKERS: cluster.brokers,
      REDIS_URL: redis.server.url,
      APPLICATION_ID,
      INPUT_TOPIC: TOPICS.input,
      OUTPUT_TOPIC: TOPICS.output,
      ALERT_TOPIC: TOPICS.alerts,
      DEAD_LETTER_TOPIC: TOPICS.deadLetters,
      EMIT: settings.emit,
      PROCESSING_GUARANTEE: settings.guarantee,
    });
  }

  static async start({ kafkaScript, redisBinary }: Programs, settings: ChaosSettings): Promise<Parts> {
    const kafka = await KafkaCluster.start(kafkaScript, 3);
    const redis = await DurableRedis.start(redisBinary);
    const parts = new Parts(kafka, redis, await Cluster.connect(kafka.brokers.join()), settings);
    for (const topic of Object.values(TOPICS)) await parts.cluster.createTopic(topic, NUM_PARTITIONS);
    return parts;
  }

  startProducing({ minutes, rate }: ChaosSettings): void {
    const count = Math.ceil((minutes * 60 + SPARE_SECONDS) * rate);
    this.#producer = startPeer('Generate', [this.cluster.brokers, TOPICS.input, count], {
      rate,
      sensors: SENSORS,
      'step-ms': (1_000 / rate) * EVENT_MS_PER_MS,
    });
  }

  async stopProducing(): Promise<void> {
    this.#producer!.assertRunning();
    await this.#producer!.stop();
  }

  assertRunning(): void {
    this.instances.assertRunning();
    this.#producer?.assertRunning();
  }

  /** Ends everything and removes what it kept. */
  async close(): Promise<void> {
    await this.instances.close();
    if (this.#producer?.hasExited === false) this.#producer.kill('SIGKILL');
    await this.cluster.close();
    await Promise.all([this.redis.close(), this.kafka.stop()]);
  }
}
