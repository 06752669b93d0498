/** The services a streams application needs, each by one call. Ryuk removes them also when the tests are killed. */
import { GenericContainer, Wait, type StartedTestContainer } from 'testcontainers';
import { ApacheKafkaContainer } from './apache-kafka-container.ts';

/** A container that answers. */
export interface StartedService extends AsyncDisposable {
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
  return service(started.getBroker(), started);
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
  return service(address, started);
}

const POSTGRES_PORT = 5432;

/** Starts one PostgreSQL; `address` is a `postgres://` URL of its superuser. */
export async function startPostgres(options: StartServiceOptions = {}): Promise<StartedService> {
  const started = await new GenericContainer(options.image ?? 'postgres:17')
    .withEnvironment({ POSTGRES_PASSWORD: 'test', ...options.environment })
    .withExposedPorts(POSTGRES_PORT)
    .withWaitStrategy(Wait.forLogMessage('database system is ready to accept connections', 2))
    .start();
  const address = `postgres://postgres:test@${started.getHost()}:${started.getMappedPort(POSTGRES_PORT)}/postgres`;
  return service(address, started);
}

const REGISTRY_PORT = 8080;
/** Confluent's API, as Apicurio serves it. */
const CONFLUENT_PATH = '/apis/ccompat/v7';

/** Starts one schema registry that keeps its schemas in memory; `address` is the base URL for clients of Confluent's registry. */
export async function startSchemaRegistry(options: StartServiceOptions = {}): Promise<StartedService> {
  const started = await new GenericContainer(options.image ?? 'apicurio/apicurio-registry:3.3.3')
    .withEnvironment({ ...options.environment })
    .withExposedPorts(REGISTRY_PORT)
    .withWaitStrategy(Wait.forHttp(`${CONFLUENT_PATH}/subjects`, REGISTRY_PORT))
    .withStartupTimeout(120_000)
    .start();
  const address = `http://${started.getHost()}:${started.getMappedPort(REGISTRY_PORT)}${CONFLUENT_PATH}`;
  return service(address, started);
}

function service(address: string, started: StartedTestContainer): StartedService {
  const stop = async () => void (await started.stop());
  return { address, stop, [Symbol.asyncDispose]: stop };
}

/** What a streams application may need, started together. */
export interface StartedServices extends AsyncDisposable {
  readonly kafka: StartedService;
  readonly redis: StartedService;
  readonly schemaRegistry: StartedService;
  stop(): Promise<void>;
}

/** Starts Kafka, Redis and a schema registry beside each other. When one of them cannot start, the others are stopped again. */
export async function startServices(): Promise<StartedServices> {
  const starting = await Promise.allSettled([startKafka(), startRedis(), startSchemaRegistry()]);
  const started = starting.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const stop = async () => void (await Promise.all(started.map((one) => one.stop())));
  const [kafka, redis, schemaRegistry] = started;
  if (kafka === undefined || redis === undefined || schemaRegistry === undefined) {
    await stop();
    throw starting.find((one) => one.status === 'rejected')?.reason;
  }
  return { kafka, redis, schemaRegistry, stop, [Symbol.asyncDispose]: stop };
}
