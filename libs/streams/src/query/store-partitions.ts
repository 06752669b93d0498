/** The partitions of one store, for one query: where they can be read, and how far what was read has come.
 *  Q1 A store that outlives its owners (Redis) is read by anyone, straight from where it is kept: what is there is committed (S1).
 *  Q2 A store in memory is read where its task runs, for what lies there of another task is old, or half restored. Whether it still
 *     runs is looked at again when the answer is there: it may have been taken away meanwhile. */
import { InvalidQueryError, StoreNotAvailableError, StoreNotHereError } from '../errors/query.error.ts';
import type { TopicPartition } from '../ports/log.ts';
import type { StoreEntry, StorePort, StoreReader, SegmentId } from '../ports/store.ts';
import { changelogTopic, type StoreDeclaration } from '../topology/graph.ts';
import type { Bytes } from '../record/record.ts';
import type { ChangelogEnds } from './changelog-ends.ts';
import { keyPartition } from './key-partition.ts';
import type { FoundStore } from './store-layout.ts';

/** Where the task of a sub-topology and a partition is. `here`: it runs in this process; `task` is another object each time it is
 *  opened. `opening`: it is assigned here and not ready. `elsewhere`: `server` is what its instance advertises, null: nothing. */
export type TaskLocation =
  | { readonly kind: 'here'; readonly task: object }
  | { readonly kind: 'opening' }
  | { readonly kind: 'elsewhere'; readonly server: string | null };

/** What a query needs to know of the application. */
export interface QueryEnvironment {
  readonly applicationId: string;
  readonly stores: StorePort;
  readonly ends: ChangelogEnds;
  /** A partition of a durable store that is farther behind its changelog is being restored, and is not read. */
  readonly maxLagOffsets: number;
  /** null: not known now, or the application does not run any more. */
  numPartitions(subTopology: number): number | null | Promise<number | null>;
  locate(subTopology: number, partition: number): TaskLocation;
}

/** How far a partition of a store has come. */
export interface StorePosition {
  readonly store: string;
  readonly partition: number;
  /** What was read shows all of the changelog below this offset; null: nothing was ever written. */
  readonly offset: number | null;
}

/** Between two pieces of a scan in memory, so that it does not keep the tasks of the process from going on. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class StorePartitions {
  readonly declaration: StoreDeclaration;
  readonly #found: FoundStore;
  readonly #environment: QueryEnvironment;
  readonly #only: number | null;
  readonly #positions = new Map<number, StorePosition>();

  /** @param only the one partition that is asked; null: all */
  constructor(found: FoundStore, environment: QueryEnvironment, only: number | null = null) {
    this.declaration = found.declaration;
    this.#found = found;
    this.#environment = environment;
    this.#only = only;
  }

  /** Its serdes know it by this name, whether there is one or not. */
  get changelogTopic(): string {
    return changelogTopic(this.declaration.name, this.#environment.applicationId);
  }

  /** Those that were read. */
  get positions(): readonly StorePosition[] {
    return [...this.#positions.values()].sort((a, b) => a.partition - b.partition);
  }

  /** Changelog offsets that what was read is behind, of the partition that is farthest behind; null: not known. Offsets, not records:
   *  the end of a transaction takes one too, so 1 is mostly up to date. */
  async lagOffsets(): Promise<number | null> {
    if (!this.declaration.changelog) return 0;
    const lags = await Promise.all(
      this.positions.map(async ({ partition, offset }) => {
        const end = await this.#environment.ends.of(this.#changelog(partition));
        return end === null ? null : Math.max(0, end - (offset ?? 0));
      }),
    );
    return lags.reduce<number | null>(
      (most, lag) => (most === null || lag === null ? null : Math.max(most, lag)),
      0,
    );
  }

  /** All that are asked. @throws StoreNotAvailableError */
  async ids(): Promise<readonly number[]> {
    const count = await this.#count();
    if (this.#only === null) return Array.from({ length: count }, (_, partition) => partition);
    if (this.#only < count) return [this.#only];
    throw new InvalidQueryError(
      `Cannot read partition ${this.#only} of store ${this.declaration.name}: it has ${count} partitions, from 0.`,
    );
  }

  async #count(): Promise<number> {
    const count = await this.#environment.numPartitions(this.#found.subTopology.id);
    if (count !== null) return count;
    const { applicationId } = this.#environment;
    throw this.#notAvailable(`application ${applicationId} has not started, or does not run any more`);
  }

  /** Tells in which one a key lies. */
  async partitioner(): Promise<(key: unknown, bytes: Bytes) => number> {
    if (this.#only === null) {
      const count = await this.#count();
      return (key, bytes) => keyPartition(this.#found, key, bytes, count);
    }
    const [only] = await this.ids();
    return () => only!;
  }

  /** @throws StoreNotHereError, StoreNotAvailableError, StoreError */
  async read<T>(partition: number, action: (reader: StoreReader) => Promise<T>): Promise<T> {
    const { reader, confirm } = await this.#hold(partition);
    const found = await action(reader);
    confirm();
    return found;
  }

  /** In pieces, each committed; together they are no snapshot. */
  async *scan(partition: number, segment: SegmentId): AsyncGenerator<readonly StoreEntry[]> {
    const { reader, confirm } = await this.#hold(partition);
    for await (const piece of reader.scan(segment)) {
      confirm();
      yield piece;
      await breathe();
    }
    confirm();
  }

  async #hold(partition: number): Promise<{ readonly reader: StoreReader; readonly confirm: () => void }> {
    const { applicationId, stores } = this.#environment;
    const { name, kind } = this.declaration;
    const reader = stores.reader({ applicationId, store: name, partition }, { name, kind });
    const confirm = stores.durable ? () => {} : this.#holdTask(partition);
    const offset = await reader.position();
    if (stores.durable) await this.#requireRestored(partition, offset);
    // Of several reads the first, which has seen the least.
    if (!this.#positions.has(partition)) this.#positions.set(partition, { store: name, partition, offset });
    return { reader, confirm };
  }

  /** Q2. @throws StoreNotHereError, StoreNotAvailableError */
  #holdTask(partition: number): () => void {
    const task = this.#taskHere(partition);
    return () => {
      if (this.#taskHere(partition) !== task)
        throw this.#notAvailable(`partition ${partition} was opened anew meanwhile`);
    };
  }

  #taskHere(partition: number): object {
    const location = this.#environment.locate(this.#found.subTopology.id, partition);
    switch (location.kind) {
      case 'here':
        return location.task;
      case 'opening':
        throw this.#notAvailable(`partition ${partition} is being restored`);
      case 'elsewhere':
        throw this.#notHere(partition, location.server);
    }
  }

  /** A store that was lost is behind by all that it held, and what it has not yet is not missing. */
  async #requireRestored(partition: number, offset: number | null): Promise<void> {
    if (!this.declaration.changelog) return;
    const { ends, maxLagOffsets } = this.#environment;
    const changelog = this.#changelog(partition);
    // A store without anything has just been lost, or nothing was ever written: that is told from the log of now.
    const end = await (offset === null ? ends.ofNow(changelog) : ends.of(changelog));
    if (offset === null && end === 0) return;
    if (offset === null || (end !== null && end - offset > maxLagOffsets))
      throw this.#notAvailable(
        `partition ${partition} is being restored: it stands at ${offset ?? 0} of ${end ?? 'an unknown number of'} offsets`,
      );
  }

  #changelog(partition: number): TopicPartition {
    return { topic: changelogTopic(this.declaration.name, this.#environment.applicationId), partition };
  }

  #notAvailable(why: string): StoreNotAvailableError {
    return new StoreNotAvailableError(
      `Cannot read store ${this.declaration.name} now: ${why}. Ask again a little later.`,
    );
  }

  #notHere(partition: number, owner: string | null): StoreNotHereError {
    const { name } = this.declaration;
    const where =
      owner === null
        ? 'another instance has it, which advertises no address: set applicationServer on each, or keep the stores where all can read them (Redis)'
        : `${owner} has it: ask there`;
    return new StoreNotHereError(
      `Cannot read partition ${partition} of store ${name} here: it lies in memory, and ${where}.`,
      { store: name, partition, owner },
    );
  }
}
