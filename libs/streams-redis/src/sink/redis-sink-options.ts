import { ConfigError, rowOf, type Row, type SinkRecord } from '@hiveframe/streams';
import {
  resolveRedisStoreOptions,
  type RedisStoreOptions,
  type ResolvedRedisStoreOptions,
} from '../options.ts';

/** hash: the row's columns as its fields. string: the row as JSON. stream: every record is an entry with the row's columns. */
export type RedisRowKind = 'hash' | 'string' | 'stream';

/** Which server, which keys, and how records become what they hold. */
export interface RedisSinkOptions<K, V> extends Omit<RedisStoreOptions, 'keyPrefix'> {
  /** What a record becomes: see `RedisRowKind`. */
  readonly as: RedisRowKind;
  /** In front of every key of a row, and of the positions (`<keyPrefix>{<topic>:<partition>}`). */
  readonly keyPrefix: string;
  /** The rest of a row's key. @defaultValue the key as text, an object as JSON, a windowed key as `<key>:<window start ms>`; of a stream
   *  `stream` */
  readonly rowKey?: (key: K) => string;
  /** The columns that a record becomes. @defaultValue the columns of the value behind those of the key: see `rowOf` */
  readonly row?: (record: SinkRecord<K, NonNullable<V>>) => Row;
  /** Puts `{<topic>:<partition>}:` between prefix and key, so that the rows of a partition lie in one slot of a Redis Cluster with their
   *  position. A Cluster needs it. @defaultValue true with `cluster`, else false */
  readonly hashTags?: boolean;
  /** A row is gone so long after it was written last. @defaultValue never */
  readonly ttlMs?: number;
  /** Older entries of a stream are removed, about. @defaultValue none are */
  readonly maxStreamLength?: number;
  /** Names the sink, in log lines and errors. @defaultValue `redis-` and the keyPrefix */
  readonly name?: string;
}

export interface ResolvedRedisSinkOptions<K, V> {
  readonly connection: ResolvedRedisStoreOptions;
  readonly as: RedisRowKind;
  readonly keyPrefix: string;
  readonly rowKey: (key: K) => string;
  readonly row: (record: SinkRecord<K, NonNullable<V>>) => Row;
  readonly hashTags: boolean;
  readonly ttlMs: number | null;
  readonly maxStreamLength: number | null;
  readonly name: string;
}

/** Applies defaults; names all faults together. @throws ConfigError */
export function resolveRedisSinkOptions<K, V>(
  options: RedisSinkOptions<K, V>,
): ResolvedRedisSinkOptions<K, V> {
  const { as, keyPrefix, cluster } = options;
  const resolved: ResolvedRedisSinkOptions<K, V> = {
    connection: resolveRedisStoreOptions(options),
    as,
    keyPrefix,
    rowKey: options.rowKey ?? (as === 'stream' ? () => 'stream' : keyText),
    row: options.row ?? rowOf,
    hashTags: options.hashTags ?? cluster !== undefined,
    ttlMs: options.ttlMs ?? null,
    maxStreamLength: options.maxStreamLength ?? null,
    name: options.name ?? `redis-${keyPrefix}`.replaceAll(/[^a-zA-Z0-9._-]+/g, '-').replace(/-$/, ''),
  };
  const faults = findFaults(resolved, cluster !== undefined);
  if (faults.length === 0) return resolved;
  throw new ConfigError(`Cannot write to Redis under ${keyPrefix}: ${faults.join('; ')}.`);
}

function findFaults(options: ResolvedRedisSinkOptions<never, never>, isCluster: boolean): string[] {
  const { as, keyPrefix, hashTags, ttlMs, maxStreamLength } = options;
  const faults: string[] = [];
  if (!['hash', 'string', 'stream'].includes(as)) {
    faults.push(`as is ${as}, which is none of hash, string, stream`);
  }
  if (keyPrefix === '') faults.push('keyPrefix is empty');
  if (keyPrefix.includes('{')) faults.push('keyPrefix has a {: hashTags puts in what a Cluster needs');
  if (isCluster && !hashTags) faults.push('a Cluster needs hashTags');
  for (const [name, value] of Object.entries({ ttlMs, maxStreamLength })) {
    if (value !== null && !(Number.isSafeInteger(value) && value >= 1)) {
      faults.push(`${name} must be 1 or more, is ${value}`);
    }
  }
  if (maxStreamLength !== null && as !== 'stream') faults.push('maxStreamLength is of streams');
  return faults;
}

/** @throws Error where there is none */
function keyText(key: unknown): string {
  if (key === null || key === undefined || key === '') throw new Error('it has no key to name its row');
  if (typeof key !== 'object') return String(key as string | number | bigint | boolean);
  const { key: inner, window } = key as { key?: unknown; window?: { startMs?: unknown } };
  if (inner === undefined || typeof window?.startMs !== 'number') return JSON.stringify(key);
  return `${keyText(inner)}:${window.startMs}`;
}
