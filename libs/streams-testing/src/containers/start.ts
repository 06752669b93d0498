/** The services a streams application needs, each by one call. Ryuk removes them also when the tests are killed. */
import { GenericContainer, Wait } from 'testcontainers';
import { ApacheKafkaContainer } from './apache-kafka-container.ts';

/** A container that answers. */
export interface StartedService {
  /** How clients on this machine reach it. */
  readonly address: string;
  stop(): Promise<void>;
}

export interface StartServiceOptions {
  /** @defaultValue the image this release is tested with */
  readonly image?: string;
  /** Added to the container's environment: for Kafka, broker settings as `KAFKA_...`. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface StartKafkaOptions extends StartServiceOptions {
  /** What the broker tells its clients, where they are to come through a proxy. @defaultValue its mapped port */
  readonly advertisedAddress?: string;
}

/** Starts one Kafka broker; `address` is what `bootstrap.servers` wants. */
export async function startKafka(options: StartKafkaOptions = {}): Promise<StartedService> {
  const container = new ApacheKafkaContainer(options.image);
  if (options.advertisedAddress !== undefined) container.withAdvertisedAddress(options.advertisedAddress);
  const started = await container.withEnvironment({ ...options.environment }).start();
  return { address: started.getBroker(), stop: async () => void (await started.stop()) };
}

const REDIS_PORT = 6379;

/** Starts one Redis that never evicts, as the stores demand; `address` is a `redis://` URL. */
export async function startRedis(options: StartServiceOptions = {}): Promise<StartedService> {
  const started = await new GenericContainer(options.image ?? 'redis:8-bookworm')
    .withEnvironment({ ...options.environment })
    .withCommand(['redis-server', '--maxmemory-policy', 'noeviction', '--save', '', '--appendonly', 'no'])
    .withExposedPorts(REDIS_PORT)
    .withWaitStrategy(Wait.forLogMessage('Ready to accept connections'))
    .start();
  const address = `redis://${started.getHost()}:${started.getMappedPort(REDIS_PORT)}`;
  return { address, stop: async () => void (await started.stop()) };
}
