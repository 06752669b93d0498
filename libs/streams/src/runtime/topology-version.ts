/** During a rolling update instances of two topologies are in one group. Their tasks bear the same numbers and are not the same
 *  work, so they cannot be shared out among both.
 *  V1 One version processes at a time: the one that most members have, of two with as many the one that has the tasks. The others
 *     wait, and take over from the log when it is their turn.
 *  V2 Any member may lead: each tells what is needed to share out the tasks of its version.
 *  V3 A partition is given out when all members are prepared for it: then who reads what its task writes waits for that task. */
import { crc32c } from '../record-batch/index.ts';
import type { MemberInfo } from '../ports/log.ts';
import type { Bytes } from '../record/record.ts';
import type { SubTopology } from '../topology/graph.ts';
import { formatTaskId, parseTaskId, type TaskId } from '../task/task-id.ts';
import type { SourceTopics } from './assignor.ts';

export interface TopologyVersion {
  /** Equal where task numbers mean the same: the same inputs, as they are declared, and stores. */
  readonly id: string;
  readonly sources: SourceTopics;
  readonly partitionCounts: ReadonlyMap<string, number>;
}
interface MemberData {
  readonly v: 1;
  /** Those it runs or ran until now. */
  readonly tasks: readonly string[];
  /** Left out by members of older releases: they are taken for the leader's. */
  readonly topology?: ToldTopology;
  /** Of a member: where it is reached for queries. */
  readonly server?: string;
  /** Of an assignment, to each member alike: who is reached where. */
  readonly servers?: TaskServers;
}
/** Addresses that members told, each with the names of the tasks that it was given (Kafka Streams: partitionsByHost of AssignmentInfo). */
export type TaskServers = readonly (readonly [server: string, tasks: readonly string[]])[];
interface ToldTopology {
  readonly id: string;
  readonly sources: readonly (readonly [number, readonly string[]])[];
  readonly counts: readonly (readonly [string, number])[];
}

/** @param sources as declared: a pattern by its text */
export function versionId(subTopologies: readonly SubTopology[], sources: SourceTopics): string {
  const parts = subTopologies.map(({ id, stores }) => [id, sources.get(id), stores.map(({ name }) => name)]);
  return crc32c(Buffer.from(JSON.stringify(parts))).toString(16);
}

/** What a member tells the leader. */
export function encodeMember(tasks: readonly TaskId[], version?: TopologyVersion, server?: string): Bytes {
  const data: MemberData = {
    v: 1,
    tasks: tasks.map(formatTaskId),
    ...(version !== undefined && {
      topology: { id: version.id, sources: [...version.sources], counts: [...version.partitionCounts] },
    }),
    ...(server !== undefined && { server }),
  };
  return Buffer.from(JSON.stringify(data));
}
/** What the leader tells a member. */
export function encodeAssignment(tasks: readonly TaskId[], servers: TaskServers): Bytes {
  const data: MemberData = {
    v: 1,
    tasks: tasks.map(formatTaskId),
    ...(servers.length > 0 && { servers }),
  };
  return Buffer.from(JSON.stringify(data));
}
/** What members told of where they are reached, with what they are given. */
export function serversOf(
  members: readonly MemberInfo[],
  owned: ReadonlyMap<string, readonly TaskId[]>,
): TaskServers {
  return members.flatMap(({ memberId, data }) => {
    const { server } = decode(data);
    return server === undefined ? [] : [[server, (owned.get(memberId) ?? []).map(formatTaskId)] as const];
  });
}
/** By task name. */
export function decodeServers(data: Bytes | null): ReadonlyMap<string, string> {
  const { servers = [] } = decode(data);
  return new Map(servers.flatMap(([server, tasks]) => tasks.map((task) => [task, server] as const)));
}
export function decodeTasks(data: Bytes | null): TaskId[] {
  return decode(data).tasks.map(parseTaskId);
}

export interface Turn {
  readonly version: TopologyVersion;
  readonly members: readonly MemberInfo[];
  readonly waiting: readonly MemberInfo[];
}

/** Whose turn it is. @param own the leader's */
export function chooseVersion(members: readonly MemberInfo[], own: TopologyVersion): Turn {
  const decoded = members.map((member) => ({ member, data: decode(member.data) }));
  const versions = Map.groupBy(decoded, ({ data }) => data.topology?.id ?? own.id);
  const [chosen] = [...versions].sort(
    ([idA, a], [idB, b]) => b.length - a.length || numTasks(b) - numTasks(a) || (idA < idB ? -1 : 1),
  );
  const [id, those] = chosen!;
  const told = those.flatMap(({ data }) => data.topology ?? []);
  const { sources, partitionCounts } = id === own.id || told.length === 0 ? own : fromTold(told[0]!);
  return {
    version: {
      id: id!,
      sources: common(sources, told),
      partitionCounts: least(partitionCounts, told),
    },
    members: those.map(({ member }) => member),
    waiting: decoded.filter((one) => !those.includes(one)).map(({ member }) => member),
  };
}

function fromTold({ id, sources, counts }: ToldTopology): TopologyVersion {
  return { id, sources: new Map(sources), partitionCounts: new Map(counts) };
}

/** V3. A topic that a pattern matches since lately is left out until all members have seen it. */
function common(sources: SourceTopics, told: readonly ToldTopology[]): SourceTopics {
  const others = told.map((one) => new Map(one.sources));
  return new Map(
    Array.from(sources, ([id, topics]) => [
      id,
      topics.filter((topic) => others.every((known) => known.get(id)?.includes(topic) === true)),
    ]),
  );
}

/** V3 */
function least(
  partitionCounts: ReadonlyMap<string, number>,
  told: readonly ToldTopology[],
): ReadonlyMap<string, number> {
  const counts = new Map(partitionCounts);
  for (const [topic, count] of told.flatMap((one) => one.counts))
    if (count < (counts.get(topic) ?? 0)) counts.set(topic, count);
  return counts;
}

function numTasks(members: readonly { readonly data: MemberData }[]): number {
  return members.reduce((sum, { data }) => sum + data.tasks.length, 0);
}

function decode(data: Bytes | null): MemberData {
  if (data === null || data.length === 0) return { v: 1, tasks: [] };
  return JSON.parse(Buffer.from(data).toString()) as MemberData;
}
