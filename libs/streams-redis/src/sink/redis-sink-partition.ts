/** One partition of a sink's topic, in the hands of one owner. A write is one script: it moves the position, on the condition that this
 *  owner opened the partition last and that its last write is there, and writes the rows. */
import { randomUUID } from 'node:crypto';
import { SinkError } from '@hiveframe/streams';
import type { RejectedRecord, SinkPartition, SinkPosition, SinkRecord } from '@hiveframe/streams';
import type { RedisConnection } from '../connection.ts';
import type { ResolvedRedisSinkOptions } from './redis-sink-options.ts';
import { sinkError } from './redis-sink-failures.ts';
import { rowsOf } from './redis-rows.ts';

interface Place {
  readonly topic: string;
  readonly partition: number;
}

const FENCED = -1;
const LOST = -2;

export class RedisSinkPartition<K, V> implements SinkPartition<K, V> {
  readonly position: SinkPosition | null;
  readonly #connection: RedisConnection;
  readonly #options: ResolvedRedisSinkOptions<K, V>;
  readonly #place: Place;
  readonly #owner: string;
  readonly #epoch: number;
  #writes = 0;

  /** @throws SinkError */
  static async open<K, V>(
    connection: RedisConnection,
    options: ResolvedRedisSinkOptions<K, V>,
    place: Place,
  ): Promise<RedisSinkPartition<K, V>> {
    const owner = randomUUID();
    try {
      const answer = await connection.run(`open ${place.topic}-${place.partition}`, (redis) =>
        redis.hfsSinkOpen(positionKey(options.keyPrefix, place), owner),
      );
      return new RedisSinkPartition(connection, options, place, owner, answer);
    } catch (error) {
      throw sinkError(error);
    }
  }

  private constructor(
    connection: RedisConnection,
    options: ResolvedRedisSinkOptions<K, V>,
    place: Place,
    owner: string,
    [epoch, offset, rejected]: [number, string | null, string | null],
  ) {
    this.#connection = connection;
    this.#options = options;
    this.#place = place;
    this.#owner = owner;
    this.#epoch = epoch;
    this.position =
      offset === null ? null : { offset: Number(offset), rejected: JSON.parse(rejected ?? '[]') as number[] };
  }

  async write(
    batch: readonly SinkRecord<K, V>[],
    { offset, rejected: before }: SinkPosition,
  ): Promise<readonly RejectedRecord[]> {
    const { as, keyPrefix, hashTags, ttlMs, maxStreamLength } = this.#options;
    const { topic, partition } = this.#place;
    const rowPrefix = hashTags ? `${keyPrefix}${hashTag(this.#place)}:` : keyPrefix;
    const { keys, values, rejected } = rowsOf(batch, rowPrefix, this.#options);
    const all = [...before, ...rejected.map((one) => one.offset)];
    const number = this.#writes + 1;
    const args = [
      keys.length + 1,
      positionKey(keyPrefix, this.#place),
      ...keys,
      this.#owner,
      this.#epoch,
      number,
      offset,
      JSON.stringify(all),
      as,
      ttlMs ?? '',
      maxStreamLength ?? '',
      ...values.flatMap((some) => [some.length, ...some]),
    ];
    const code = await this.#run(`write ${keys.length} rows of ${topic}-${partition}`, args);
    if (code === FENCED) {
      throw new SinkError(`another owner has taken over ${topic}-${partition}`, { failure: 'fenced' });
    }
    if (code === LOST) throw new SinkError(`Redis has lost writes of ${topic}-${partition}`);
    this.#writes = number;
    return rejected;
  }

  async #run(what: string, args: readonly (string | number | Buffer)[]): Promise<number> {
    try {
      return await this.#connection.run(what, (redis) => redis.hfsSinkWrite(args));
    } catch (error) {
      throw sinkError(error);
    }
  }
}

function positionKey(keyPrefix: string, place: Place): string {
  return `${keyPrefix}${hashTag(place)}`;
}

function hashTag({ topic, partition }: Place): string {
  return `{${encodeURIComponent(topic)}:${partition}}`;
}
