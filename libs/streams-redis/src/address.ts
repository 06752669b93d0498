/** Where a Redis is: read from URLs, and told in messages without its secrets. */
import type { RedisOptions } from 'ioredis';

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** What a URL says. */
export type UrlOptions = ServerAddress & Pick<RedisOptions, 'db' | 'password' | 'tls' | 'username'>;

const DEFAULT_PORT = 6379;

/** Reads `redis[s]://[user[:password]@]host[:port][/db]`. A fault is told by the option's name: the text may hold a password. */
export function parseRedisUrl(text: string, option: string, faults: string[]): UrlOptions {
  const url = URL.parse(text);
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === '') {
    faults.push(`${option} is no URL of the form redis://user:password@host:6379 (rediss:// for TLS)`);
    return { host: '', port: DEFAULT_PORT };
  }
  const db = url.pathname.replace(/^\//, '');
  if (!/^\d*$/.test(db)) faults.push(`${option} names a database that is no number`);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    ...(url.username !== '' && { username: decodeURIComponent(url.username) }),
    ...(url.password !== '' && { password: decodeURIComponent(url.password) }),
    ...(db !== '' && { db: Number(db) }),
    ...(url.protocol === 'rediss:' && { tls: {} }),
  };
}

export function addressOf(clusterNodes: readonly ServerAddress[] | null, client: RedisOptions): string {
  if (clusterNodes !== null) return `cluster ${clusterNodes.map(hostAndPort).join(', ')}`;
  if (client.sentinels) {
    return `master ${client.name} of sentinels ${client.sentinels.map(hostAndPort).join(', ')}`;
  }
  return client.path ?? hostAndPort(client);
}

export function hostAndPort({
  host = 'localhost',
  port = DEFAULT_PORT,
}: {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
}): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
