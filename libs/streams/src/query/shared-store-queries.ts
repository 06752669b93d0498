import { ConfigError } from '../errors/streams.error.ts';
import type { LogPort } from '../ports/log.ts';
import type { Clock } from '../ports/runtime.ts';
import type { StorePort } from '../ports/store.ts';
import {
  changelogTopic,
  resolveTopic,
  type SourceSpec,
  type SubTopology,
  type TopologyGraph,
} from '../topology/graph.ts';
import { ChangelogEnds } from './changelog-ends.ts';
import { patiently } from './patiently.ts';
import { StoreQueries } from './store-queries.ts';

export interface SharedStoreQueriesOptions {
  /** Of the application that writes the stores. */
  readonly applicationId: string;
  /** Connected by the caller, as the stores are: before that nothing is available. */
  readonly log: LogPort;
  readonly stores: StorePort;
  readonly clock: Clock;
  /** See `StreamsConfig`. @defaultValue 100_000 */
  readonly maxQueryLagOffsets?: number | undefined;
}

const MAX_LAG_OFFSETS = 100_000;

/** Queries of an application that runs elsewhere, in other threads or processes, for stores that all can read. The topology says what
 *  there is. @throws ConfigError for stores in memory */
export function sharedStoreQueries(
  { graph }: { readonly graph: TopologyGraph },
  { applicationId, log, stores, clock, maxQueryLagOffsets = MAX_LAG_OFFSETS }: SharedStoreQueriesOptions,
): StoreQueries {
  if (!stores.durable)
    throw new ConfigError(
      `Cannot read the stores of ${applicationId} from here: they lie in the memory of those who run it. Keep them where all can read them (Redis).`,
    );
  const counts = new PartitionCounts(graph, { applicationId, log, clock });
  return new StoreQueries(graph, {
    applicationId,
    stores,
    ends: new ChangelogEnds(log.admin, clock),
    maxLagOffsets: maxQueryLagOffsets,
    numPartitions: (subTopology) => counts.of(subTopology),
    locate: () => ({ kind: 'elsewhere', server: null }), // is not asked of such stores
  });
}

/** How many partitions the sub-topologies have, as soon as their topics are there. They stay as they are: state does not move to new
 *  ones. */
class PartitionCounts {
  readonly #subTopologies: readonly SubTopology[];
  readonly #options: Pick<SharedStoreQueriesOptions, 'applicationId' | 'log' | 'clock'>;
  readonly #counts = new Map<number, number>();
  #asked: Promise<void> | null = null;

  constructor(
    { subTopologies }: TopologyGraph,
    options: Pick<SharedStoreQueriesOptions, 'applicationId' | 'log' | 'clock'>,
  ) {
    this.#subTopologies = subTopologies;
    this.#options = options;
  }

  /** null: the log does not tell now, or has not all of the topics. */
  async of(subTopology: number): Promise<number | null> {
    if (!this.#counts.has(subTopology)) await (this.#asked ??= this.#ask());
    return this.#counts.get(subTopology) ?? null;
  }

  async #ask(): Promise<void> {
    const { log, clock } = this.#options;
    const topics = new Map(this.#subTopologies.map((one) => [one.id, this.#topicsOf(one)]));
    const found = await patiently(log.admin.describe([...new Set([...topics.values()].flat())]), clock);
    this.#asked = null;
    for (const [id, names] of topics)
      if (names.length > 0 && names.every((name) => found?.has(name)))
        this.#counts.set(id, Math.max(0, ...names.map((name) => found!.get(name)!.numPartitions)));
  }

  /** The changelogs of its stores have as many partitions as it, whatever topics its sources match. */
  #topicsOf({ stores, sources }: SubTopology): readonly string[] {
    const { applicationId } = this.#options;
    const changelogs = stores.filter(({ changelog }) => changelog);
    return changelogs.length > 0
      ? changelogs.map(({ name }) => changelogTopic(name, applicationId))
      : sources.map(({ spec }) => resolveTopic((spec as SourceSpec).topic, applicationId));
  }
}
