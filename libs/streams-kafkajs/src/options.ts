import type { ConnectionOptions } from 'node:tls';
import { ConfigError, type Logger } from '@hiveframe/streams';
import { CODECS, type Compression } from './compression/codec.ts';
import type { BrokerAddress } from './protocol/metadata.ts';
import type { SaslSource } from './sasl.ts';

export interface KafkaJsOptions {
  /** Where to find the cluster first: `host:port`. Two or three are enough, the cluster names the others.
   *  Kafka: `bootstrap.servers`. */
  readonly brokers: readonly string[];
  /** Shown in the brokers' logs and quotas. Kafka: `client.id`. @defaultValue 'hiveframe-streams' */
  readonly clientId?: string;
  /** TLS: true for the system's authorities, or Node's `tls.connect` options. Kafka: `security.protocol`. @defaultValue false */
  readonly ssl?: boolean | ConnectionOptions;
  /** SASL as kafkajs takes it: plain, scram-sha-256, scram-sha-512, aws, oauthbearer. A function is asked for each new
   *  connection: credentials may be rotated while the service runs. Kafka: `sasl.jaas.config`. @defaultValue none */
  readonly sasl?: SaslSource;
  /** Of what is written. Everything Kafka knows can be read. Kafka: `compression.type`. @defaultValue 'none' */
  readonly compression?: Compression;
  /** Gets what the connections have to say. @defaultValue warnings and errors to stderr */
  readonly logger?: Logger;
  /** Longest wait for a connection, TLS included. Kafka: `socket.connection.setup.timeout.ms`. @defaultValue 5_000 */
  readonly connectionTimeoutMs?: number;
  /** Longest wait for the answer to one request, and for a call that retries inside. Kafka: `request.timeout.ms`.
   *  @defaultValue 30_000 */
  readonly requestTimeoutMs?: number;
  /** How long a plain writer tries to deliver a batch. Kafka: `delivery.timeout.ms`. @defaultValue 120_000 */
  readonly deliveryTimeoutMs?: number;
  /** Transactions of version 2 (KIP-890), where the cluster's finalized features have them: fewer requests, and a commit
   *  never waits for the former one to end. False keeps to version 1. @defaultValue true */
  readonly transactionsV2?: boolean;
  /** How records are fetched. @defaultValue as below */
  readonly fetch?: FetchOptions;
}

/** How records are fetched. */
export interface FetchOptions {
  /** How long a broker may wait for records when there are none. Kafka: `fetch.max.wait.ms`. @defaultValue 250 */
  readonly maxWaitMs?: number;
  /** A broker waits until it has so much, or `maxWaitMs` are over. Kafka: `fetch.min.bytes`. @defaultValue 1 */
  readonly minBytes?: number;
  /** Of one answer, over its partitions; soft. Kafka: `fetch.max.bytes`. @defaultValue 4 MiB */
  readonly maxBytes?: number;
  /** Of one partition in one answer; soft. Kafka: `max.partition.fetch.bytes`. @defaultValue 1 MiB */
  readonly maxBytesPerPartition?: number;
  /** Check the CRC-32C of every batch. Kafka: `check.crcs`. @defaultValue true */
  readonly crcCheck?: boolean;
}

export interface ResolvedKafkaJsOptions extends Required<Omit<KafkaJsOptions, 'brokers' | 'sasl' | 'fetch'>> {
  readonly brokers: readonly BrokerAddress[];
  readonly sasl: SaslSource | null;
  readonly fetch: Required<FetchOptions>;
}

const MIB = 1 << 20;

/** Applies defaults. @throws ConfigError that names all faults together */
export function resolveKafkaJsOptions(options: KafkaJsOptions): ResolvedKafkaJsOptions {
  const faults: string[] = [];
  const brokers = options.brokers.map((text) => parseAddress(text, faults));
  if (brokers.length === 0) faults.push('brokers is empty');
  const compression = options.compression ?? 'none';
  if (!(compression in CODECS))
    faults.push(`compression '${compression}' is none of ${Object.keys(CODECS).join(', ')}`);
  const positive = (name: string, value: number): number => {
    if (!(Number.isInteger(value) && value > 0))
      faults.push(`${name} must be a whole number above 0, not ${value}`);
    return value;
  };
  const resolved: ResolvedKafkaJsOptions = {
    brokers,
    clientId: options.clientId ?? 'hiveframe-streams',
    ssl: options.ssl ?? false,
    sasl: options.sasl ?? null,
    compression,
    logger: options.logger ?? STDERR_LOGGER,
    connectionTimeoutMs: positive('connectionTimeoutMs', options.connectionTimeoutMs ?? 5_000),
    requestTimeoutMs: positive('requestTimeoutMs', options.requestTimeoutMs ?? 30_000),
    deliveryTimeoutMs: positive('deliveryTimeoutMs', options.deliveryTimeoutMs ?? 120_000),
    transactionsV2: options.transactionsV2 ?? true,
    fetch: {
      maxWaitMs: positive('fetch.maxWaitMs', options.fetch?.maxWaitMs ?? 250),
      minBytes: positive('fetch.minBytes', options.fetch?.minBytes ?? 1),
      maxBytes: positive('fetch.maxBytes', options.fetch?.maxBytes ?? 4 * MIB),
      maxBytesPerPartition: positive(
        'fetch.maxBytesPerPartition',
        options.fetch?.maxBytesPerPartition ?? MIB,
      ),
      crcCheck: options.fetch?.crcCheck ?? true,
    },
  };
  if (faults.length > 0) throw new ConfigError(`Cannot use these Kafka options: ${faults.join('; ')}.`);
  return resolved;
}

function parseAddress(text: string, faults: string[]): BrokerAddress {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, colon).replace(/^\[(.*)\]$/, '$1'); // [::1]:9092
  const port = Number(text.slice(colon + 1));
  if (colon < 1 || !(Number.isInteger(port) && port > 0 && port < 65_536)) {
    faults.push(`broker '${text.replace(/^.*@/s, '***@')}' is not host:port`); // what stands before an @ is a secret
  }
  return { host, port };
}

const STDERR_LOGGER: Logger = {
  log: (level, text) => {
    if (level === 'warn' || level === 'error') process.stderr.write(`${level}: ${text}\n`);
  },
};
