/** Keeps a version of a topology from running on state that it would lose or misread (D47). */
import { TopologyError } from '../errors/streams.error.ts';
import type { LogAdmin, PartitionOffset, TopicPartition } from '../ports/log.ts';
import { describeTopology, internalTopicsOf, type TopologyDescription } from '../topology/description.ts';
import type { TopologyGraph } from '../topology/graph.ts';
import { compareTopologies, describeChange, type TopologyChange } from '../topology/topology-change.ts';
import { readStoredTopology, writeStoredTopology, type StoredTopology } from './stored-topology.ts';
import { holdRecords } from './unprocessed-records.ts';
import type { ResolvedStreamsConfig } from './streams-config.ts';

type Config = Pick<
  ResolvedStreamsConfig,
  'applicationId' | 'log' | 'logger' | 'clock' | 'acceptTopologyChanges' | 'replicationFactor'
>;

export class TopologyGuard {
  readonly #topology: TopologyDescription;
  readonly #config: Config;
  readonly #admin: LogAdmin;
  /** Stores that came back with nothing in their changelogs. */
  readonly #beganEmpty = new Set<string>();

  constructor(graph: TopologyGraph, config: Config) {
    this.#topology = describeTopology(graph);
    this.#config = config;
    this.#admin = config.log.admin;
  }

  /** Before anything is made. @throws TopologyError that names all unsafe changes, and what mends them */
  async check(): Promise<void> {
    const { applicationId, logger } = this.#config;
    await this.#checked(({ what, effect }) =>
      logger.log('info', `The topology of ${applicationId} changed. ${what} ${effect}`),
    );
  }

  /** When the first tasks are given to this version, before any of them is opened. Writes nothing where it is stored already, nor
   *  when they were taken back meanwhile: then another version may have become the one that processes.
   *  @throws TopologyError, should it be one that cannot share the state */
  async claim(assignment: AbortSignal): Promise<void> {
    const stored = await this.#checked(() => {});
    assignment.throwIfAborted();
    const next = this.#next(stored);
    if (JSON.stringify(next) === JSON.stringify(stored && pick(stored))) return;
    await writeStoredTopology(next, this.#config);
  }

  /** @param tell of each change that is no reason to refuse */
  async #checked(tell: (change: TopologyChange) => void): Promise<StoredTopology | null> {
    const { log, applicationId } = this.#config;
    const stored = await readStoredTopology(log, applicationId);
    if (stored === null) return null;
    if (stored.resetting === true) {
      throw new TopologyError(
        `Cannot start ${applicationId}: a reset of it has begun and not ended, so what is left of its state counts for nothing. Run the reset again (hiveframe reset --application-id ${applicationId}).`,
      );
    }
    const changes = compareTopologies(stored.topology, this.#topology, stored.retired);
    const unsafe: TopologyChange[] = [];
    for (const change of changes) {
      if (await this.#isUnsafe(change)) unsafe.push(change);
      else tell(change);
    }
    if (unsafe.length > 0) throw refusal(applicationId, unsafe);
    return stored;
  }

  async #isUnsafe({ safety, acceptable, name, unless }: TopologyChange): Promise<boolean> {
    if (safety === 'safe') return false;
    if (acceptable && this.#config.acceptTopologyChanges.includes(name)) return false;
    if (unless === null) return true;
    if ('drained' in unless) return !(await this.#isDrained(this.#internal(unless.drained)));
    return !this.#beganEmpty.has(name) && !(await this.#beginsEmpty(name, this.#internal(unless.empty)));
  }

  /** Whether everything in the topic was processed. */
  async #isDrained(topic: string): Promise<boolean> {
    const { starts, ends, partitions } = await this.#boundsOf(topic);
    const committed = await this.#admin.committed(this.#config.applicationId, partitions);
    const stretches = ends.map(({ partition, offset: endOffset }) => {
      const start = offsetOf(starts, partition)!;
      return {
        topic,
        partition,
        offset: Math.max(offsetOf(committed, partition) ?? start, start),
        endOffset,
      };
    });
    return !(await holdRecords(this.#config.log, stretches));
  }

  /** Remembered: soon this version's own records are there. */
  async #beginsEmpty(store: string, changelog: string): Promise<boolean> {
    const { starts, ends } = await this.#boundsOf(changelog);
    const isEmpty = ends.every(({ partition, offset }) => offset <= offsetOf(starts, partition)!);
    if (isEmpty) this.#beganEmpty.add(store);
    return isEmpty;
  }

  /** A topic that is not there has no partitions. */
  async #boundsOf(topic: string) {
    const numPartitions = (await this.#admin.describe([topic])).get(topic)?.numPartitions ?? 0;
    const partitions = Array.from({ length: numPartitions }, (_, partition): TopicPartition => ({
      topic,
      partition,
    }));
    if (numPartitions === 0) return { partitions, starts: [], ends: [] };
    const [starts, ends] = await Promise.all([
      this.#admin.offsets(partitions, 'start'),
      this.#admin.offsets(partitions, 'lastStable'),
    ]);
    return { partitions, starts, ends };
  }

  #next(stored: StoredTopology | null): StoredTopology {
    const { applicationId, clock } = this.#config;
    const sinceMs = clock.nowMs();
    const names = new Set(this.#topology.stores.map(({ name }) => name));
    const before = stored?.retired.stores ?? [];
    const known = new Set(before.map(({ name }) => name));
    const gone = (stored?.topology.stores ?? []).filter(({ name }) => !known.has(name));
    const retired = [...before, ...gone.map(({ name }) => ({ name, sinceMs }))];
    return {
      topology: this.#topology,
      retired: { stores: retired.filter(({ name }) => !names.has(name)) },
      internalTopics: [
        ...new Set([...(stored?.internalTopics ?? []), ...internalTopicsOf(this.#topology, applicationId)]),
      ],
    };
  }

  #internal(name: string): string {
    return `${this.#config.applicationId}-${name}`;
  }
}

/** In the order of `#next`, so that equal ones are equal as text. */
function pick({ topology, retired, internalTopics }: StoredTopology): StoredTopology {
  return { topology, retired, internalTopics };
}

function refusal(applicationId: string, changes: readonly TopologyChange[]): TopologyError {
  const listed = changes.map((change, at) => {
    const text = describeChange(change).replace(/^unsafe: /, '');
    return changes.length === 1 ? text : `(${at + 1}) ${text}`;
  });
  return new TopologyError(
    `Cannot start ${applicationId}: its state belongs to another topology, and would be lost or misread. ${listed.join(' ')}`,
  );
}

function offsetOf(offsets: readonly PartitionOffset[], partition: number): number | undefined {
  return offsets.find((one) => one.partition === partition)?.offset;
}
