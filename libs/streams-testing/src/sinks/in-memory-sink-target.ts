/** A target as a database is one, in memory: what an exactly-once sink must do, in its shortest form. */
import {
  SinkError,
  type ExactlyOnceSink,
  type RejectedRecord,
  type SinkPartition,
  type SinkPosition,
  type SinkRecord,
} from '@hiveframe/streams';

interface TargetPartition {
  epoch: number;
  position: SinkPosition | null;
}

/** Outlives the sinks that write to it, as a database outlives the processes. */
export class InMemorySinkTarget<K, V> {
  /** What was written, in order. */
  readonly rows: SinkRecord<K, V>[] = [];
  /** Says why the target does not take a record. @defaultValue it takes all */
  rejects: (record: SinkRecord<K, V>) => Error | null = () => null;
  /** Awaited at the beginning of each write: hang, or throw, as a target that is slow or away does. */
  beforeWrite: () => Promise<void> | void = () => {};
  /** So many writes take place and throw all the same: their answers are lost. */
  loseAnswers = 0;
  readonly #partitions = new Map<string, TargetPartition>();

  /** A sink of this target, as each process makes one for itself. */
  sink(name = 'memory'): ExactlyOnceSink<K, V> {
    return {
      name,
      guarantee: 'exactly_once',
      open: async (topic, partition) => this.#open(this.#partition(topic, partition)),
      close: async () => {},
    };
  }

  /** Remembers what is there now; calling the result brings it back: a target that has lost its last writes. */
  rollBackPoint(): () => void {
    const count = this.rows.length;
    const positions = new Map(Array.from(this.#partitions.values(), (at) => [at, at.position]));
    return () => {
      this.rows.length = count;
      for (const at of this.#partitions.values()) at.position = positions.get(at) ?? null;
    };
  }

  positionOf(topic: string, partition: number): SinkPosition | null {
    return this.#partition(topic, partition).position;
  }

  #partition(topic: string, partition: number): TargetPartition {
    const at = `${topic}-${partition}`;
    let found = this.#partitions.get(at);
    if (found === undefined) this.#partitions.set(at, (found = { epoch: 0, position: null }));
    return found;
  }

  #open(at: TargetPartition): SinkPartition<K, V> {
    const epoch = ++at.epoch;
    let standsAt = at.position;
    return {
      position: at.position,
      write: async (batch, position) => {
        await this.beforeWrite();
        if (at.epoch !== epoch) throw new SinkError('a newer owner has opened it', { failure: 'fenced' });
        if (at.position !== standsAt) throw new SinkError('it has lost writes');
        const rejected = this.#write(at, batch, position);
        standsAt = at.position;
        if (this.loseAnswers-- > 0) throw new Error('the answer was lost');
        return rejected;
      },
    };
  }

  /** Synchronous: its transaction. */
  #write(at: TargetPartition, batch: readonly SinkRecord<K, V>[], { offset, rejected }: SinkPosition) {
    const refused: RejectedRecord[] = [];
    for (const record of batch) {
      const reason = this.rejects(record);
      if (reason === null) this.rows.push(record);
      else refused.push({ offset: record.offset, reason });
    }
    at.position = { offset, rejected: [...rejected, ...refused.map((one) => one.offset)] };
    return refused;
  }
}
