/** The only importer of kafkajs (`sasl.ts` names its types). Of it this package uses what is good: sockets, TLS, SASL, version negotiation, framing,
 *  request timeouts and throttling. Everything above one connection to one broker is our own.
 *
 *  K1 kafkajs hands out its `Cluster` through the public assigner factory; the cluster builds brokers (one connection each).
 *  K2 A connection that broke is never used again: a new one is made. (kafkajs may open two sockets when several requests
 *     find the same connection closed, and mixes their answers.)
 *  K3 What is used of kafkajs' inside is checked when it is first touched, and named in the error. */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import kafkajs, { type KafkaConfig } from 'kafkajs';
import type { Logger } from '@hiveframe/streams';
import { ConnectionFailure, messageOf } from './cluster/failures.ts';
import type { Transport } from './cluster/transport.ts';
import { KafkaJsConnection } from './kafkajs-connection.ts';
import {
  quietWhenIdle,
  unexpectedShape,
  type BrokerInternals,
  type ClusterInternals,
} from './kafkajs-internals.ts';
import type { BrokerAddress } from './protocol/metadata.ts';
import { SPEAKS_TLS } from './refusal.ts';
import { credentialsOf, type SaslSource } from './sasl.ts';

const { Kafka, logLevel } = kafkajs;

export interface TransportOptions {
  readonly clientId: string;
  readonly ssl: boolean | ConnectionOptions;
  readonly sasl: SaslSource | null;
  readonly connectionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly logger: Logger;
}

export function kafkajsTransport(options: TransportOptions): Transport {
  const sockets = new Set<Socket>();
  const cluster = clusterOf(options, sockets);
  return {
    open: async (address) => {
      const broker = await buildBroker(cluster, address, await credentials(options.sasl, address));
      const connection = new KafkaJsConnection(broker, address);
      await connection.connect();
      return connection;
    },
    closeAll: (reason) => {
      for (const socket of sockets) socket.destroy(new Error(reason));
    },
  };
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
    connectionTimeout: options.connectionTimeoutMs,
    requestTimeout: options.requestTimeoutMs,
    reauthenticationThreshold: 0, // connections are replaced before: see KafkaJsConnection
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
    : refusingTls(connectTcp({ host, port }, onConnect));
  socket.setNoDelay(true); // requests are whole messages: waiting to fill a packet only adds latency
  socket.setKeepAlive(true, 60_000);
  return socket;
}

const TLS_ALERT = Buffer.from([0x15, 0x03]);

/** A broker that expects TLS answers a plain request with an alert, of which kafkajs would take the first bytes for a length and
 *  wait for the rest. */
function refusingTls(socket: Socket): Socket {
  return socket.once('data', (first: Buffer) => {
    if (!first.subarray(0, 2).equals(TLS_ALERT)) return;
    socket.destroy(Object.assign(new Error('the broker speaks TLS'), { code: SPEAKS_TLS }));
  });
}

/** kafkajs reports each failed try with a stack trace; the cluster reports changes of state in its own words. */
function logCreator(logger: Logger): () => (entry: { log: { message: string; broker?: string } }) => void {
  return () =>
    ({ log }) => {
      logger.log('debug', `kafkajs: ${log.message}`, log.broker ? { broker: log.broker } : undefined);
    };
}

async function credentials(source: SaslSource | null, { host, port }: BrokerAddress): Promise<unknown> {
  if (source === null) return null;
  try {
    return await credentialsOf(source);
  } catch (error) {
    throw new ConnectionFailure(`Cannot get the credentials for ${host}:${port}: ${messageOf(error)}`, false);
  }
}

async function buildBroker(
  cluster: ClusterInternals,
  address: BrokerAddress,
  sasl: unknown,
): Promise<BrokerInternals> {
  const connectionPool = await cluster.connectionPoolBuilder.build(address);
  const connection = connectionPool.pool?.[0];
  if (!connection?.send || !connection.requestQueue || !('sasl' in connection))
    throw unexpectedShape('a ConnectionPool has no pool of Connections');
  quietWhenIdle(connection.requestQueue);
  connection.sasl = sasl;
  return cluster.brokerPool.createBroker({ connectionPool, logger: cluster.rootLogger });
}
