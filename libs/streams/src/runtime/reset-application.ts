/** Takes an application back to before its first start (Kafka: kafka-streams-application-reset), wherever it began: what it made for
 *  itself is deleted, its inputs are read again from where it is told.
 *  R1 Only while nobody runs it.
 *  R2 That it has begun is written down first, and the note goes last: after a crash in between the application refuses to start,
 *     and the same reset, run again, ends it.
 *  What it has written to topics of others stays: a reset computes it again behind what is there. */
import { ConfigError, TimeoutError } from '../errors/streams.error.ts';
import type { LogPort, OffsetAt, PartitionOffset, TopicPartition } from '../ports/log.ts';
import type { StorePort } from '../ports/store.ts';
import { changelogTopic } from '../topology/graph.ts';
import { describeTopology, internalTopicsOf, type TopologyDescription } from '../topology/description.ts';
import type { Topology } from '../topology/topology.ts';
import { patternOf } from '../topology/topic-pattern.ts';
import {
  readStoredTopology,
  topologyTopic,
  writeStoredTopology,
  type StoredTopology,
} from './stored-topology.ts';
import { systemClock } from './system.ts';

export interface ResetOptions {
  readonly applicationId: string;
  /** Connected. */
  readonly log: LogPort;
  /** Connected. Left out: none, or those in memory. */
  readonly stores?: StorePort;
  /** Where the inputs are read from then: epoch ms for the first record at that time or later. @defaultValue 'earliest' */
  readonly to?: 'earliest' | 'latest' | { readonly timestampMs: number };
  /** For applications that have stored none yet: they ran before that was done. @defaultValue what is stored */
  readonly topology?: Topology;
  /** Only tells what would be done. @defaultValue false */
  readonly dryRun?: boolean;
}

export interface ResetPlan {
  readonly applicationId: string;
  /** Changelogs, repartition and sink topics, and the one with the stored topology. */
  readonly deletedTopics: readonly string[];
  readonly clearedStores: readonly { readonly store: string; readonly numPartitions: number }[];
  readonly offsets: readonly PartitionOffset[];
}

const SUFFIX = '-changelog';
const LOOK_EVERY_MS = 100;
const MAX_LOOKS = 300;

/** @throws ConfigError while members are active, or when nothing is known of the application */
export async function resetApplication(options: ResetOptions): Promise<ResetPlan> {
  const { applicationId, log, stores, dryRun = false } = options;
  await requireNoMembers(applicationId, log);
  const stored = await storedTopology(options);
  const plan = await makePlan(options, stored);
  if (dryRun) return plan;
  await writeStoredTopology({ ...stored, resetting: true }, { log, applicationId, clock: systemClock });
  for (const { store, numPartitions } of plan.clearedStores) {
    for (let partition = 0; partition < numPartitions; partition++)
      await stores?.remove?.({ applicationId, store, partition });
  }
  const note = topologyTopic(applicationId);
  await deleteTopics(
    log,
    plan.deletedTopics.filter((topic) => topic !== note),
  );
  await log.admin.resetOffsets(applicationId, plan.offsets);
  await deleteTopics(log, [note]);
  return plan;
}

/** Ends when they are gone: a broker may still show for a while what it deletes. */
async function deleteTopics(log: LogPort, topics: readonly string[]): Promise<void> {
  await log.admin.deleteTopics(topics);
  for (let looks = 0; (await log.admin.describe(topics)).size > 0; looks++) {
    if (looks === MAX_LOOKS)
      throw new TimeoutError(
        `${topics.join(', ')} were deleted, and are still there after ${(MAX_LOOKS * LOOK_EVERY_MS) / 1_000} s. Run the reset again.`,
      );
    await systemClock.delay(LOOK_EVERY_MS);
  }
}

async function requireNoMembers(applicationId: string, log: LogPort): Promise<void> {
  const members = await log.admin.members(applicationId);
  if (members.length === 0) return;
  throw new ConfigError(
    `Cannot reset ${applicationId}: ${members.length} of its instances are active (${members.join(', ')}). Stop them; those that were killed are gone after their sessionTimeoutMs.`,
  );
}

async function storedTopology({ applicationId, log, topology }: ResetOptions): Promise<StoredTopology> {
  const given = topology === undefined ? null : describeTopology(topology.graph);
  const stored = await readStoredTopology(log, applicationId);
  if (stored === null && given === null) {
    throw new ConfigError(
      `Cannot reset ${applicationId}: no topology of it is stored. Is the name right? If it last ran before topologies were stored, give its topology.`,
    );
  }
  const known = [stored?.topology, given].filter((one): one is TopologyDescription => !!one);
  return {
    topology: (stored?.topology ?? given)!,
    retired: stored?.retired ?? { stores: [] },
    internalTopics: [
      ...new Set([
        ...(stored?.internalTopics ?? []),
        ...known.flatMap((one) => internalTopicsOf(one, applicationId)),
      ]),
    ],
  };
}

async function makePlan(options: ResetOptions, stored: StoredTopology): Promise<ResetPlan> {
  const { applicationId, log, stores } = options;
  const sources = await matchedSources(log, sourcesOf(options, stored), applicationId);
  const own = await log.admin.describe([...stored.internalTopics, topologyTopic(applicationId)]);
  const inputs = await log.admin.describe(sources);
  const partitions = Array.from(inputs, ([topic, { numPartitions }]) =>
    Array.from({ length: numPartitions }, (_, partition): TopicPartition => ({ topic, partition })),
  ).flat();
  const most = Math.max(
    0,
    ...[...own.values(), ...inputs.values()].map(({ numPartitions }) => numPartitions),
  );
  const names = stores?.remove === undefined ? [] : storeNames(options, stored);
  return {
    applicationId,
    deletedTopics: [...own.keys()],
    clearedStores: names.map((store) => ({
      store,
      numPartitions: own.get(changelogTopic(store, applicationId))?.numPartitions ?? most,
    })),
    offsets: partitions.length === 0 ? [] : await log.admin.offsets(partitions, placeOf(options.to)),
  };
}

function sourcesOf({ topology }: ResetOptions, stored: StoredTopology): string[] {
  const described = topology === undefined ? [] : [describeTopology(topology.graph)];
  const nodes = [stored.topology, ...described]
    .flatMap((one) => one.subTopologies)
    .flatMap((sub) => sub.nodes);
  const topics = nodes.flatMap(({ kind, topic, internal }) =>
    kind === 'source' && internal !== true ? topic! : [],
  );
  return [...new Set(topics)];
}

/** With the topics that patterns match, instead of these. */
async function matchedSources(
  log: LogPort,
  names: readonly string[],
  applicationId: string,
): Promise<readonly string[]> {
  const patterns = names.flatMap((name) => patternOf(name) ?? []);
  if (patterns.length === 0) return names;
  const isOwn = (topic: string) => topic.startsWith('__') || topic.startsWith(`${applicationId}-`);
  const topics = (await log.admin.list()).filter((topic) => !isOwn(topic));
  const matched = topics.filter((topic) => patterns.some((pattern) => pattern.test(topic)));
  return [...new Set([...names.filter((name) => patternOf(name) === null), ...matched])];
}

/** Also of former versions: by their changelogs. */
function storeNames({ applicationId, topology }: ResetOptions, stored: StoredTopology): string[] {
  const given = topology === undefined ? [] : describeTopology(topology.graph).stores;
  const logged = stored.internalTopics
    .filter((topic) => topic.endsWith(SUFFIX))
    .map((topic) => topic.slice(applicationId.length + 1, -SUFFIX.length));
  return [...new Set([...logged, ...[...stored.topology.stores, ...given].map(({ name }) => name)])];
}

function placeOf(to: ResetOptions['to'] = 'earliest'): OffsetAt {
  if (typeof to === 'object') return to;
  return to === 'earliest' ? 'start' : 'lastStable';
}
