/** Results into keys of Redis, exactly once. */
import { SinkError, type ExactlyOnceSink, type SinkPartition } from '@hiveframe/streams';
import { RedisConnection } from '../connection.ts';
import { refuseEviction } from '../eviction-policy.ts';
import { sinkError } from './redis-sink-failures.ts';
import {
  resolveRedisSinkOptions,
  type RedisSinkOptions,
  type ResolvedRedisSinkOptions,
} from './redis-sink-options.ts';
import { RedisSinkPartition } from './redis-sink-partition.ts';

const CLOSE_TIMEOUT_MS = 5_000;

/** Writes rows and position in one script: no crash, zombie or failover loses or repeats a row. Hashes and strings are replaced, and a
 *  null value deletes; of a stream every record is an entry. What cannot be a row goes to the processing handler alone. What the
 *  server itself loses with the position is written again; a server that was emptied goes on from the committed offsets. */
export class RedisSink<K, V> implements ExactlyOnceSink<K, V> {
  readonly name: string;
  readonly guarantee = 'exactly_once';
  readonly #options: ResolvedRedisSinkOptions<K, V>;
  #connection: Promise<RedisConnection> | null = null;

  /** @throws ConfigError that names all faults */
  constructor(options: RedisSinkOptions<K, V>) {
    this.#options = resolveRedisSinkOptions(options);
    this.name = this.#options.name;
  }

  /** @throws SinkError; `unusable` for credentials that are refused, or a server that evicts keys */
  async open(topic: string, partition: number): Promise<SinkPartition<K, V>> {
    this.#connection ??= this.#connect().catch((error: unknown) => {
      this.#connection = null;
      throw error;
    });
    return RedisSinkPartition.open(await this.#connection, this.#options, { topic, partition });
  }

  async close(): Promise<void> {
    const connection = await this.#connection?.catch(() => null);
    this.#connection = null;
    await connection?.close(CLOSE_TIMEOUT_MS);
  }

  async #connect(): Promise<RedisConnection> {
    const { connection: options } = this.#options;
    const connection = new RedisConnection(options);
    const late = AbortSignal.timeout(options.commandTimeoutMs);
    try {
      await connection.establish(late);
      await refuseEviction(connection);
      return connection;
    } catch (error) {
      await connection.close(0);
      if (!late.aborted) throw sinkError(error);
      throw new SinkError(`Redis at ${options.address} cannot be reached`, { cause: error });
    }
  }
}

/** `new RedisSink(options)`. */
export function redisSink<K, V>(options: RedisSinkOptions<K, V>): RedisSink<K, V> {
  return new RedisSink(options);
}
