/** Who runs which task: even by count, spread per sub-topology, and sticky: a task stays where its state is.
 *  R1 All inputs of a task go to one member (D26). R2 Pure: the same members and counts give the same answer. */
import type { MemberAssignment, MemberInfo, TopicPartition } from '../ports/log.ts';
import { formatTaskId, type TaskId } from '../task/task-id.ts';
import { decodeTasks, encodeAssignment, type TaskServers } from './topology-version.ts';

/** The resolved source topics of each sub-topology, by its id. */
export type SourceTopics = ReadonlyMap<number, readonly string[]>;

export function tasksOf(sources: SourceTopics, partitionCounts: ReadonlyMap<string, number>): TaskId[] {
  return Array.from(sources, ([subTopology, topics]) => {
    const count = Math.max(0, ...topics.map((topic) => partitionCounts.get(topic) ?? 0));
    return Array.from({ length: count }, (_, partition) => ({ subTopology, partition }));
  }).flat();
}

export function assignTasks(
  tasks: readonly TaskId[],
  members: readonly MemberInfo[],
): Map<string, readonly TaskId[]> {
  const sorted = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const owned = new Map<string, TaskId[]>(sorted.map((member) => [member.memberId, []]));
  const open = new Map(tasks.map((task) => [formatTaskId(task), task]));
  keep(sorted, owned, open, tasks.length);
  for (const task of open.values()) leastLoaded(owned, task).push(task);
  return new Map(owned);
}

/** Each member keeps what it had, up to its even share; the larger shares go to those that have most. */
function keep(
  members: readonly MemberInfo[],
  owned: ReadonlyMap<string, TaskId[]>,
  open: Map<string, TaskId>,
  taskCount: number,
): void {
  const share = Math.floor(taskCount / members.length);
  let larger = taskCount % members.length;
  const claims = members.map((member) => ({ member, tasks: decodeTasks(member.data) }));
  claims.sort((a, b) => b.tasks.length - a.tasks.length);
  for (const { member, tasks } of claims) {
    const mine = owned.get(member.memberId)!;
    const room = larger > 0 && tasks.length > share ? share + 1 : share;
    for (const task of tasks) {
      if (mine.length < room && open.delete(formatTaskId(task))) mine.push(task);
    }
    if (mine.length > share) larger--;
  }
}

/** The member with the fewest tasks; among equals the one with the fewest of this sub-topology. */
function leastLoaded(owned: ReadonlyMap<string, TaskId[]>, task: TaskId): TaskId[] {
  const ofSubTopology = (tasks: TaskId[]) =>
    tasks.filter((one) => one.subTopology === task.subTopology).length;
  return [...owned.values()].reduce((best, tasks) => {
    if (tasks.length !== best.length) return tasks.length < best.length ? tasks : best;
    return ofSubTopology(tasks) < ofSubTopology(best) ? tasks : best;
  });
}

export function toAssignment(
  tasks: readonly TaskId[],
  sources: SourceTopics,
  partitionCounts: ReadonlyMap<string, number>,
  servers: TaskServers = [],
): MemberAssignment {
  const partitions: TopicPartition[] = tasks.flatMap(({ subTopology, partition }) =>
    (sources.get(subTopology) ?? [])
      .filter((topic) => partition < (partitionCounts.get(topic) ?? 0))
      .map((topic) => ({ topic, partition })),
  );
  return { partitions, data: encodeAssignment(tasks, servers) };
}
