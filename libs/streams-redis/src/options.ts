import { ConfigError } from '@hiveframe/streams';
import type { Logger } from '@hiveframe/streams';
import type { ClusterOptions, RedisOptions } from 'ioredis';
import { addressOf, parseRedisUrl, type ServerAddress } from './address.ts';

/** What the connection decides itself: how commands wait, queue and are sent again. */
type OwnedByUs =
  | 'autoResendUnfulfilledCommands'
  | 'commandTimeout'
  | 'enableAutoPipelining'
  | 'enableOfflineQueue'
  | 'keyPrefix'
  | 'lazyConnect'
  | 'maxRetriesPerRequest'
  | 'monitor'
  | 'readOnly'
  | 'reconnectOnError'
  | 'replyMapping'
  | 'retryStrategy'
  | 'scripts'
  | 'sentinelRetryStrategy'
  | 'socketTimeout'
  | 'stringNumbers';

/** ioredis' own options: host, port, username, password, tls, sentinels with name, path, db, ... */
export type RedisClientOptions = Omit<RedisOptions, OwnedByUs>;
export type RedisClusterOptions = Pick<
  ClusterOptions,
  'dnsLookup' | 'natMap' | 'resolveSrv' | 'slotsRefreshInterval' | 'slotsRefreshTimeout' | 'useSRVRecords'
>;

export interface RedisStoreOptions {
  /** One server: `redis://user:password@host:6379/0`, or `rediss://` for TLS. @defaultValue what `client` says */
  readonly url?: string;
  /** A Redis Cluster: some of its nodes, as URLs or addresses; the cluster names the others. User, password and TLS of the first URL
   *  count for all nodes. @defaultValue none: one server, or Sentinel */
  readonly cluster?: ReadonlyArray<string | ServerAddress>;
  /** For Sentinel, certificates and the like; of a cluster, for each of its nodes. What `url` or `cluster` says comes first.
   *  @defaultValue ioredis' own */
  readonly client?: RedisClientOptions;
  /** How the nodes of a cluster are found. @defaultValue ioredis' own */
  readonly clusterOptions?: RedisClusterOptions;
  /** In front of every key. @defaultValue 'hfs:' */
  readonly keyPrefix?: string;
  /** Longest time a read or a flush may take, waiting for a lost connection included; after it the call rejects with a retryable
   *  StoreError. A flush needs about 1 s per million entries. @defaultValue 10_000 */
  readonly commandTimeoutMs?: number;
  /** Gets what the connection has to say. @defaultValue everything but `debug` to stderr */
  readonly logger?: Logger;
}

export interface ResolvedRedisStoreOptions {
  /** Nodes of a cluster; null: one server, or Sentinel. */
  readonly clusterNodes: readonly ServerAddress[] | null;
  readonly clusterOptions: RedisClusterOptions;
  readonly client: RedisClientOptions;
  /** Where it is, for messages: never with user or password. */
  readonly address: string;
  readonly keyPrefix: string;
  readonly commandTimeoutMs: number;
  readonly logger: Logger;
}

/** Applies defaults. @throws ConfigError that names all faults together, without secrets */
export function resolveRedisStoreOptions(options: RedisStoreOptions): ResolvedRedisStoreOptions {
  const faults: string[] = [];
  const server = options.url === undefined ? {} : parseRedisUrl(options.url, 'url', faults);
  const cluster = options.cluster === undefined ? null : resolveCluster(options.cluster, faults);
  if (options.url !== undefined && cluster !== null) faults.push('url and cluster exclude each other');
  const commandTimeoutMs = options.commandTimeoutMs ?? 10_000;
  if (!(Number.isInteger(commandTimeoutMs) && commandTimeoutMs > 0)) {
    faults.push(`commandTimeoutMs must be a whole number above 0, not ${commandTimeoutMs}`);
  }
  if (faults.length > 0) throw new ConfigError(`Cannot use these Redis options: ${faults.join('; ')}.`);
  const client = mergeClient(options.client ?? {}, cluster?.client ?? server);
  return {
    clusterNodes: cluster?.nodes ?? null,
    clusterOptions: options.clusterOptions ?? {},
    client,
    address: addressOf(cluster?.nodes ?? null, client),
    keyPrefix: options.keyPrefix ?? 'hfs:',
    commandTimeoutMs,
    logger: options.logger ?? STDERR_LOGGER,
  };
}

/** An URL asks for TLS, but only `client` can say how. */
function mergeClient(client: RedisClientOptions, url: RedisClientOptions): RedisClientOptions {
  const tls = client.tls ?? url.tls;
  return { ...client, ...url, ...(tls && { tls }) };
}

function resolveCluster(
  nodes: ReadonlyArray<string | ServerAddress>,
  faults: string[],
): { nodes: ServerAddress[]; client: RedisClientOptions } {
  if (nodes.length === 0) faults.push('cluster is empty');
  const parsed = nodes.map((node, i) =>
    typeof node === 'string' ? parseRedisUrl(node, `cluster[${i}]`, faults) : node,
  );
  const { host: _host, port: _port, db: _db, ...client }: RedisClientOptions = parsed[0] ?? {};
  return { nodes: parsed.map(({ host, port }) => ({ host, port })), client };
}

const STDERR_LOGGER: Logger = {
  log: (level, text) => {
    if (level !== 'debug') process.stderr.write(`${level}: ${text}\n`);
  },
};
