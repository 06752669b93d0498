/** The only importer of kafkajs. Of it this package uses what is good: sockets, TLS, SASL, version negotiation, framing,
 *  request timeouts and throttling. Everything above one connection to one broker is our own.
 *
 *  K1 kafkajs hands out its `Cluster` through the public assigner factory; the cluster builds brokers (one connection each).
 *  K2 A connection that broke is never used again: a new one is made. (kafkajs may open two sockets when several requests
 *     find the same connection closed, and mixes their answers.)
 *  K3 What is used of kafkajs' inside is checked when it is first touched, and named in the error. */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import kafkajs, { type KafkaConfig, type SASLOptions } from 'kafkajs';
import type { Logger } from '@hiveframe/streams';
import { ConnectionFailure, AuthenticationFailure, UnsupportedBroker } from './cluster/failures.ts';
import type { ApiRequest } from './protocol/api-request.ts';
import type { BrokerAddress } from './protocol/metadata.ts';
import { ProtocolReader } from './protocol/protocol-reader.ts';
import { ProtocolWriter } from './protocol/protocol-writer.ts';

const { Kafka, logLevel } = kafkajs;

export type SaslOptions = SASLOptions;

export interface TransportOptions {
  readonly clientId: string;
  readonly ssl: boolean | ConnectionOptions;
  readonly sasl: SaslOptions | null;
  readonly connectionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly logger: Logger;
}

/** One socket to one broker, authenticated. Requests on it are answered in the order they were sent. */
export interface BrokerConnection {
  readonly isOpen: boolean;
  /** @throws ConnectionFailure when the connection breaks or the answer does not come in time: the connection is closed then. */
  send<Answer>(request: ApiRequest<Answer>): Promise<Answer>;
  /** At once; what is under way fails with a ConnectionFailure. */
  close(reason: string): void;
}

/** Opens connections; knows all that are open, so that they can be ended together. */
export interface Transport {
  /** @throws ConnectionFailure, AuthenticationFailure, UnsupportedBroker */
  open(address: BrokerAddress): Promise<BrokerConnection>;
  closeAll(reason: string): void;
}

export function kafkajsTransport(options: TransportOptions): Transport {
  const sockets = new Set<Socket>();
  const cluster = clusterOf(options, sockets);
  return {
    open: async (address) => {
      const broker = await buildBroker(cluster, address);
      const connection = new KafkaJsConnection(broker, address);
      await connection.connect();
      return connection;
    },
    closeAll: (reason) => {
      for (const socket of sockets) socket.destroy(new Error(reason));
    },
  };
}

/** What is used of kafkajs 2.2.x beyond its published types. */
interface ClusterInternals {
  readonly connectionPoolBuilder: { build(address: BrokerAddress): Promise<PoolInternals> };
  readonly brokerPool: {
    createBroker(options: { connectionPool: PoolInternals; logger: unknown }): BrokerInternals;
  };
  readonly rootLogger: unknown;
}
interface PoolInternals {
  readonly pool: readonly ConnectionInternals[];
}
interface BrokerInternals {
  readonly connectionPool: PoolInternals;
  readonly versions: Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>>;
  connect(): Promise<void>;
}
interface ConnectionInternals {
  readonly socket?: Socket;
  readonly requestQueue: RequestQueueInternals;
  isConnected(): boolean;
  send(protocol: unknown): Promise<unknown>;
  rejectRequests(error: Error): void;
}
interface RequestQueueInternals {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

/** K1: kafkajs' cluster, without a connection and without joining a group. */
function clusterOf(options: TransportOptions, sockets: Set<Socket>): ClusterInternals {
  const kafka = new Kafka(kafkaConfig(options, sockets));
  let found: unknown;
  kafka.consumer({
    groupId: 'unused',
    partitionAssigners: [
      ({ cluster }) => {
        found = cluster;
        return {
          name: 'unused',
          version: 0,
          assign: async () => [],
          protocol: () => ({ name: '', metadata: NONE }),
        };
      },
    ],
  });
  const cluster = found as Partial<ClusterInternals> | undefined;
  if (!cluster?.connectionPoolBuilder || !cluster.brokerPool)
    throw unexpectedShape('the Cluster has no connectionPoolBuilder or brokerPool');
  return cluster as ClusterInternals;
}

const NONE = Buffer.alloc(0);

function kafkaConfig(options: TransportOptions, sockets: Set<Socket>): KafkaConfig {
  return {
    clientId: options.clientId,
    brokers: ['unused:0'], // every connection names its address
    ssl: options.ssl,
    ...(options.sasl ? { sasl: options.sasl } : {}),
    connectionTimeout: options.connectionTimeoutMs,
    requestTimeout: options.requestTimeoutMs,
    retry: { retries: 0 },
    logLevel: logLevel.WARN,
    logCreator: logCreator(options.logger),
    socketFactory: ({ host, port, ssl, onConnect }) => {
      const socket = openSocket(host, port, ssl as ConnectionOptions | boolean, onConnect);
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      return socket;
    },
  };
}

function openSocket(
  host: string,
  port: number,
  ssl: ConnectionOptions | boolean,
  onConnect: () => void,
): Socket {
  const serverName = isIP(host) ? {} : { servername: host };
  const socket = ssl
    ? connectTls({ host, port, ...serverName, ...(ssl === true ? {} : ssl) }, onConnect)
    : connectTcp({ host, port }, onConnect);
  socket.setNoDelay(true); // requests are whole messages: waiting to fill a packet only adds latency
  socket.setKeepAlive(true, 60_000);
  return socket;
}

/** kafkajs reports each failed try with a stack trace; the cluster reports changes of state in its own words. */
function logCreator(logger: Logger): () => (entry: { log: { message: string; broker?: string } }) => void {
  return () =>
    ({ log }) => {
      logger.log('debug', `kafkajs: ${log.message}`, log.broker ? { broker: log.broker } : undefined);
    };
}

async function buildBroker(cluster: ClusterInternals, address: BrokerAddress): Promise<BrokerInternals> {
  const connectionPool = await cluster.connectionPoolBuilder.build(address);
  const connection = connectionPool.pool?.[0];
  if (!connection?.send || !connection.requestQueue) throw unexpectedShape('a ConnectionPool has no pool');
  quietWhenIdle(connection.requestQueue);
  return cluster.brokerPool.createBroker({ connectionPool, logger: cluster.rootLogger });
}

/** kafkajs 2.2.4 looks every millisecond whether throttled requests wait, on every connection, throttled or not: 1 % of a
 *  core for each ten connections, and TimeoutNegativeWarning on Node 24. Looking only when there is a reason ends it. */
function quietWhenIdle(queue: RequestQueueInternals): void {
  if (typeof queue.scheduleCheckPendingRequests !== 'function' || !Array.isArray(queue.pending)) return;
  const schedule = queue.scheduleCheckPendingRequests.bind(queue);
  queue.scheduleCheckPendingRequests = () => {
    if (queue.pending.length > 0 || queue.throttledUntil > Date.now()) schedule();
  };
}

function unexpectedShape(what: string): Error {
  return new Error(`Cannot use this version of kafkajs: ${what}. Install kafkajs 2.2.x.`);
}

class KafkaJsConnection implements BrokerConnection {
  readonly #broker: BrokerInternals;
  readonly #connection: ConnectionInternals;
  readonly #name: string;
  #closed = false;

  constructor(broker: BrokerInternals, address: BrokerAddress) {
    this.#broker = broker;
    this.#connection = broker.connectionPool.pool[0]!;
    this.#name = `${address.host}:${address.port}`;
  }

  get isOpen(): boolean {
    return !this.#closed && this.#connection.isConnected();
  }

  async connect(): Promise<void> {
    try {
      await this.#broker.connect();
    } catch (error) {
      this.close('connecting failed');
      throw translate(error, this.#name, false);
    }
  }

  async send<Answer>(request: ApiRequest<Answer>): Promise<Answer> {
    if (!this.isOpen) throw new ConnectionFailure(`The connection to ${this.#name} is closed.`, false);
    try {
      return (await this.#connection.send(this.#frame(request))) as Answer;
    } catch (error) {
      if (isKafkaJsError(error)) this.close('it failed');
      throw translate(error, this.#name, true);
    }
  }

  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    const why = new ConnectionFailure(`The connection to ${this.#name} was closed: ${reason}.`, true);
    this.#connection.rejectRequests(why);
    this.#connection.socket?.destroy(why);
  }

  /** The form kafkajs sends: it asks for `{ buf, buffer }` (its Encoder) and hands back the body after the correlation id. */
  #frame<Answer>(request: ApiRequest<Answer>): unknown {
    const version = this.#negotiate(request);
    return {
      request: {
        apiKey: request.apiKey,
        apiName: request.apiName,
        apiVersion: version,
        encode: async () => {
          const writer = new ProtocolWriter(request.expectedBytes);
          writer.tags(); // end of the flexible request header
          request.encode(writer, version);
          const buffer = writer.finish();
          return { buf: buffer, buffer };
        },
      },
      response: {
        decode: async (body: Buffer) => {
          const reader = new ProtocolReader(body);
          if (request.apiKey !== API_VERSIONS) reader.tags(); // end of the flexible response header
          const answer = request.decode(reader, version);
          return { answer, clientSideThrottleTime: reader.throttleMs };
        },
        parse: async (decoded: { answer: Answer }) => decoded.answer,
      },
      requestTimeout: request.timeoutMs ?? null,
      logResponseError: false,
    };
  }

  #negotiate(request: ApiRequest<unknown>): number {
    const known = this.#broker.versions[request.apiKey];
    const version = Math.min(request.maxVersion, known?.maxVersion ?? -1);
    if (known && version >= request.minVersion && version >= known.minVersion) return version;
    throw new UnsupportedBroker(
      `The broker at ${this.#name} cannot answer ${request.apiName} version ${request.minVersion}: ` +
        `it knows ${known ? `${known.minVersion} to ${known.maxVersion}` : 'none'}. Kafka 2.8 or newer is needed.`,
    );
  }
}

/** ApiVersions answers with the old header, so that any client can read it (KIP-511). */
const API_VERSIONS = 18;

function isKafkaJsError(error: unknown): error is Error {
  return error instanceof Error && error.name.startsWith('KafkaJS');
}

/** K2: whatever kafkajs says, the connection is gone. `sent`: the broker may have acted on the request. */
function translate(error: unknown, broker: string, sent: boolean): unknown {
  if (!isKafkaJsError(error)) return error;
  const text = error.message.replace(/^Connection error: /, '');
  if (/SASL/i.test(error.name) || /SASL/.test((error as { type?: string }).type ?? '')) {
    return new AuthenticationFailure(`The broker at ${broker} refused the credentials: ${text}`);
  }
  return new ConnectionFailure(text.includes(broker) ? text : `${text} (${broker})`, sent);
}
