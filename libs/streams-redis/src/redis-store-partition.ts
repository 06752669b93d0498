import { checkStoreFlush, StoreError } from '@hiveframe/streams';
import type {
  Bytes,
  FlushResult,
  SegmentId,
  StoreFlush,
  StorePartition,
  StoreSpec,
} from '@hiveframe/streams';
import type { RedisConnection } from './connection.ts';
import { RedisStoreReader } from './redis-store-reader.ts';
import { layoutOf, type StoreKeys } from './store-keys.ts';

/** One argument of a command (`proto-max-bulk-len`), and about half of what Redis takes as one command. */
const MAX_FLUSH_BYTES = 512 * 1024 * 1024;

const FLUSH_RESULTS = new Map<number, FlushResult>([
  [1, 'applied'],
  [0, 'alreadyApplied'],
  [-1, 'fenced'],
  [-2, 'gap'],
]);

/** An owner's view of one store partition: one script a flush, fenced by the epoch it got when it was opened. */
export class RedisStorePartition extends RedisStoreReader implements StorePartition {
  readonly changelogOffset: number | null;
  readonly #connection: RedisConnection;
  readonly #keys: StoreKeys;
  readonly #spec: StoreSpec;
  readonly #epoch: number;

  private constructor(
    connection: RedisConnection,
    keys: StoreKeys,
    spec: StoreSpec,
    [epoch, offset]: [number, string | null],
  ) {
    super(connection, keys, spec.kind);
    this.#connection = connection;
    this.#keys = keys;
    this.#spec = spec;
    this.#epoch = epoch;
    this.changelogOffset = offset === null ? null : Number(offset);
  }

  static async open(
    connection: RedisConnection,
    keys: StoreKeys,
    spec: StoreSpec,
    onDamage: (text: string) => void,
  ): Promise<RedisStorePartition> {
    const { meta, windows, counts, entries, windowPrefix } = keys;
    const [epoch, offset, damage] = await connection.run(`open store partition ${keys.partition}`, (redis) =>
      redis.hfsOpen(meta, windows, counts, entries, layoutOf(spec.kind), windowPrefix),
    );
    if (damage) {
      onDamage(
        `Store partition ${keys.partition} was damaged in Redis: ${damage}. It was emptied and is restored from its changelog. Keep other programs, and evictions, away from its keys.`,
      );
    }
    return new RedisStorePartition(connection, keys, spec, [epoch, offset]);
  }

  async flush(flush: StoreFlush): Promise<FlushResult> {
    checkStoreFlush(this.#spec, flush);
    checkSize(this.#spec, flush);
    const args = this.#argumentsOf(flush);
    const code = await this.#connection.run(`flush store partition ${this.#keys.partition}`, (redis) =>
      redis.hfsFlush(args),
    );
    return FLUSH_RESULTS.get(code)!;
  }

  async clear(): Promise<'applied' | 'fenced'> {
    const { partition, meta, windows, counts, entries, windowPrefix } = this.#keys;
    const code = await this.#connection.run(`clear store partition ${partition}`, (redis) =>
      redis.hfsClear(meta, windows, counts, entries, this.#epoch, windowPrefix),
    );
    return code === 1 ? 'applied' : 'fenced';
  }

  /** Nothing to give back: the connection is the port's, the epoch stays until somebody opens the partition. */
  async close(): Promise<void> {}

  /** Number of keys, keys, arguments: see flush.lua. What is written to a window that expires at once is left out. */
  #argumentsOf({
    writes,
    expireBeforeMs,
    fromOffset,
    toOffset,
  }: StoreFlush): Array<string | number | Buffer> {
    const limit = expireBeforeMs ?? -Infinity;
    const kept = writes.filter(({ segment, count }) => count > 0 && (segment ?? limit) >= limit);
    const { meta, windows, counts, windowPrefix } = this.#keys;
    return [
      kept.length + 3,
      meta,
      windows,
      counts,
      ...kept.map(({ segment }) => this.#keys.segment(segment)),
      this.#epoch,
      String(fromOffset),
      String(toOffset),
      expireBeforeMs ?? '',
      windowPrefix,
      ...kept.flatMap(({ segment, packed }) => [startOf(segment), bufferOf(packed)]),
    ];
  }
}

function startOf(segment: SegmentId): string {
  return segment === null ? '' : String(segment);
}

function bufferOf(bytes: Bytes): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function checkSize({ name }: StoreSpec, { writes }: StoreFlush): void {
  const bytes = writes.reduce((sum, { packed }) => sum + packed.length, 0);
  if (bytes <= MAX_FLUSH_BYTES) return;
  throw new StoreError(
    `Cannot flush ${bytes} bytes to store ${name}: Redis takes ${MAX_FLUSH_BYTES} in one atomic step. Commit more often, or by size.`,
  );
}
