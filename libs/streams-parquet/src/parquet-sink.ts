/** Results into Parquet files, exactly once. */
import { mkdir } from 'node:fs/promises';
import type { ExactlyOnceSink, Row, SinkPartition } from '@hiveframe/streams';
import { sinkError } from './failures.ts';
import { requireFileName } from './open-files.ts';
import {
  resolveParquetSinkOptions,
  type ParquetSinkOptions,
  type ResolvedParquetSinkOptions,
} from './parquet-options.ts';
import { ParquetPartition } from './parquet-partition.ts';

/** Every record is a row of one file. Files appear whole, when they are `maxFileMs` old or of `maxFileBytes`; until then rows and
 *  position lie in a journal beside them, so neither a crash nor a zombie loses or repeats one, and offsets are committed at once. What
 *  a column cannot hold goes to the processing handler alone, as does a record without a value. A directory may be shared by several
 *  instances (which must see the same file system), sinks and applications. */
export class ParquetSink<K, V, R extends object = Row> implements ExactlyOnceSink<K, V> {
  readonly name: string;
  readonly guarantee = 'exactly_once';
  readonly #options: ResolvedParquetSinkOptions;
  readonly #partitions = new Map<string, ParquetPartition>();

  /** @throws ConfigError that names all faults */
  constructor(options: ParquetSinkOptions<K, V, R>) {
    this.#options = resolveParquetSinkOptions(options);
    this.name = this.#options.name;
  }

  /** @throws SinkError; `unusable` for a directory that cannot be written */
  async open(topic: string, partition: number): Promise<SinkPartition<K, V>> {
    requireFileName({ topic, partition });
    await mkdir(this.#options.directory, { recursive: true }).catch((error: unknown) => {
      throw sinkError(error);
    });
    const opened = await ParquetPartition.open(this.#options, { topic, partition });
    this.#keepNewest(`${topic}-${partition}`, opened);
    return opened;
  }

  /** The older one may hang in a call: nobody waits for it. */
  #keepNewest(at: string, opened: ParquetPartition): void {
    const other = this.#partitions.get(at);
    const isNewest = other === undefined || other.epoch < opened.epoch;
    if (isNewest) this.#partitions.set(at, opened);
    void (isNewest ? other : opened)?.retire().catch(() => undefined);
  }

  /** Completes all files. */
  async close(): Promise<void> {
    const partitions = [...this.#partitions.values()];
    this.#partitions.clear();
    for (const partition of partitions) {
      await partition.complete();
      await partition.retire();
    }
  }
}

/** `new ParquetSink(options)`. */
export function parquetSink<K, V, R extends object = Row>(
  options: ParquetSinkOptions<K, V, R>,
): ParquetSink<K, V, R> {
  return new ParquetSink(options);
}
