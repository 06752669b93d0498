/** Apache Kafka's own image through Testcontainers: `@testcontainers/kafka` starts Confluent's image only.
 *  The address a broker must advertise is known only when its port has been mapped. So the container first waits for
 *  a start script, and the script, with the address in it, is written after the port is known. */
import {
  AbstractStartedContainer,
  GenericContainer,
  Wait,
  type InspectResult,
  type StartedTestContainer,
} from 'testcontainers';
import { waitForLog } from './wait-for-log.ts';

const IMAGE = 'apache/kafka:4.3.1';
const CLIENT_PORT = 9092;
const NETWORK_PORT = 9093;
const CONTROLLER_PORT = 9094;
const START_SCRIPT = '/tmp/start-kafka.sh';
const WAITING = 'waiting for the start script';

/** One broker that is its own controller; single copies of everything, so that it starts in seconds. */
const SETTINGS: Readonly<Record<string, string>> = {
  CLUSTER_ID: '4L6g3nShT-eMCtK--X86sw',
  KAFKA_NODE_ID: '1',
  KAFKA_PROCESS_ROLES: 'broker,controller',
  KAFKA_LISTENERS: `PLAINTEXT://:${CLIENT_PORT},NETWORK://:${NETWORK_PORT},CONTROLLER://:${CONTROLLER_PORT}`,
  KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,NETWORK:PLAINTEXT,CONTROLLER:PLAINTEXT',
  KAFKA_INTER_BROKER_LISTENER_NAME: 'NETWORK',
  KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
  KAFKA_CONTROLLER_QUORUM_VOTERS: `1@localhost:${CONTROLLER_PORT}`,
  KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
  KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '5',
  KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
  KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
  KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS: '5',
  KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
};

/** A broker to be started; add settings with `withEnvironment({ KAFKA_...: '...' })`. */
export class ApacheKafkaContainer extends GenericContainer {
  #advertised: string | undefined;

  constructor(image: string = IMAGE) {
    super(image);
    this.withExposedPorts(CLIENT_PORT)
      .withEnvironment({ ...SETTINGS })
      .withEntrypoint(['sh', '-c'])
      .withCommand([
        `echo ${WAITING}; until [ -x ${START_SCRIPT} ]; do sleep 0.1; done; exec ${START_SCRIPT}`,
      ])
      .withWaitStrategy(Wait.forLogMessage(WAITING));
  }

  /** `host:port` that clients are told instead of the mapped port: that of a proxy which a test can cut. */
  withAdvertisedAddress(address: string): this {
    this.#advertised = address;
    return this;
  }

  override async start(): Promise<StartedApacheKafkaContainer> {
    return new StartedApacheKafkaContainer(await super.start());
  }

  protected override async containerStarted(
    container: StartedTestContainer,
    inspected: InspectResult,
    reused: boolean,
  ): Promise<void> {
    if (reused) return;
    await container.copyContentToContainer([
      { content: this.#startScript(container, inspected), target: START_SCRIPT, mode: 0o755 },
    ]);
    await waitForLog(container, 'Kafka Server started', 120_000);
  }

  /** Clients on this machine come by the mapped port; containers of the same network by host name. */
  #startScript(container: StartedTestContainer, inspected: InspectResult): string {
    const local = this.#advertised ?? `${container.getHost()}:${container.getMappedPort(CLIENT_PORT)}`;
    const listeners = `PLAINTEXT://${local},NETWORK://${inspected.hostname}:${NETWORK_PORT}`;
    return `#!/bin/bash\nexport KAFKA_ADVERTISED_LISTENERS=${listeners}\nexec /etc/kafka/docker/run\n`;
  }
}

/** A running broker. */
export class StartedApacheKafkaContainer extends AbstractStartedContainer {
  /** `host:port` for clients on this machine. */
  getBroker(): string {
    return `${this.getHost()}:${this.getMappedPort(CLIENT_PORT)}`;
  }
}
