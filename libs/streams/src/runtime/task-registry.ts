/** The tasks of this process: opened when they are assigned, opened again when they failed, closed when they go.
 *  G1 A task is in the registry from the moment it is being opened; there is never a second one of the same name.
 *  G2 The reader reads exactly the partitions of tasks that were opened and not closed. */
import { TopologyError } from '../errors/streams.error.ts';
import type { FetchedRecords, LogReader, TopicPartition } from '../ports/log.ts';
import { partitionKey } from '../ports/topic-partition.ts';
import type { RecordQueue } from '../source/record-queue.ts';
import { OwnedStores } from '../state/owned-stores.ts';
import type { RestoreListener } from '../state/restore/restore-progress.ts';
import { StreamTask } from '../task/stream-task.ts';
import type { TaskEnvironment } from '../task/task-environment.ts';
import { formatTaskId, type TaskId } from '../task/task-id.ts';
import { inputTopics } from '../task/takeover.ts';
import type { SourceSpec, SubTopology } from '../topology/graph.ts';
import { TaskBackoff } from './task-backoff.ts';
import { taskFailureKind } from './task-failure.ts';

export interface TaskRegistryOptions {
  readonly environment: TaskEnvironment;
  readonly subTopologies: readonly SubTopology[];
  readonly reader: LogReader;
  /** Given to tasks and not processed, over all of them; an input beyond its share is paused. */
  readonly maxBufferedBytes: number;
  readonly wake: () => void;
  readonly onRestore: RestoreListener;
  readonly onFatal: (error: Error) => void;
}

export class TaskRegistry {
  readonly #options: TaskRegistryOptions;
  readonly #environment: TaskEnvironment;
  readonly #stores: OwnedStores;
  readonly #tasks = new Map<string, StreamTask>();
  readonly #taskByPartition = new Map<string, StreamTask>();
  readonly #paused = new Set<RecordQueue>();
  readonly #backoff: TaskBackoff;

  constructor(options: TaskRegistryOptions) {
    this.#options = options;
    this.#backoff = new TaskBackoff(options.environment);
    this.#stores = new OwnedStores(options.environment.stores);
    this.#environment = { ...options.environment, stores: this.#stores };
  }

  get all(): readonly StreamTask[] {
    return [...this.#tasks.values()];
  }
  get running(): readonly StreamTask[] {
    return this.all.filter((task) => task.state === 'running');
  }
  has(id: TaskId): boolean {
    return this.#tasks.has(formatTaskId(id));
  }

  give(fetched: FetchedRecords): void {
    const task = this.#taskByPartition.get(partitionKey(fetched));
    if (task?.state === 'running' || task?.state === 'suspended') task.add(fetched);
  }

  queueOf(at: TopicPartition): RecordQueue | undefined {
    const task = this.#taskByPartition.get(partitionKey(at));
    return task?.inputs.find(({ topic, partition }) => topic === at.topic && partition === at.partition);
  }

  /** Whether it reads what it would read if it were opened now: topics of a pattern come and go. */
  hasItsInputs({ id, inputs }: StreamTask): boolean {
    const sources = this.#options.subTopologies.find((sub) => sub.id === id.subTopology)?.sources ?? [];
    const topics = sources.flatMap(({ spec }) => inputTopics(id, spec as SourceSpec, this.#environment));
    return topics.length === inputs.length && inputs.every(({ topic }, at) => topic === topics[at]);
  }

  /** @returns false: there is another than those of patterns among them */
  leaveOut(topic: string): boolean {
    const queues = this.all.flatMap(({ inputs }) => inputs.filter((queue) => queue.topic === topic));
    if (queues.some(({ source }) => source.pattern === undefined)) return false;
    for (const queue of queues) this.#options.reader.unassign(queue);
    return true;
  }

  /** Before they are opened: what this process still holds of other tasks is dropped. */
  async keepStateOf(ids: readonly TaskId[]): Promise<void> {
    const ours = new Set(ids.flatMap((id) => this.#storesOf(id).map((store) => `${store}/${id.partition}`)));
    await this.#stores.keepOnly(({ store, partition }) => ours.has(`${store}/${partition}`));
  }

  #storesOf(id: TaskId): readonly string[] {
    const subTopology = this.#options.subTopologies.find((sub) => sub.id === id.subTopology);
    return subTopology?.stores.map(({ name }) => name) ?? [];
  }

  async openAll(ids: readonly TaskId[], signal: AbortSignal): Promise<void> {
    await Promise.all(ids.map((id) => this.#open(id, signal)));
  }

  /** Opens a task, trying again until the signal says that it is not ours any more: a log or store that is away comes back. */
  async #open(id: TaskId, signal: AbortSignal): Promise<void> {
    const subTopology = this.#options.subTopologies.find((sub) => sub.id === id.subTopology);
    if (subTopology === undefined) return this.#options.onFatal(unknownTask(id));
    while (!signal.aborted && !this.has(id)) {
      const { wake, reader } = this.#options;
      const task = new StreamTask(id, subTopology, this.#environment, wake, (at) =>
        reader.sinceCaughtUpMs(at),
      );
      this.#tasks.set(task.name, task);
      try {
        await task.open(this.#options.onRestore, signal);
        if (this.#tasks.get(task.name) === task && !signal.aborted) this.#begin(task);
        else await this.remove(task);
        return;
      } catch (thrown) {
        const error = thrown as Error;
        await this.remove(task);
        if (signal.aborted) return;
        if (taskFailureKind(error) === 'fatal') return this.#options.onFatal(error);
        this.#countRestart(task);
        await this.#backoff.wait(task.name, `Cannot open task ${task.name}: ${error.message}`, signal);
      }
    }
  }

  /** Closes a task that failed and opens it again. */
  async restart(task: StreamTask, failure: Error, signal: AbortSignal): Promise<void> {
    this.#countRestart(task);
    if (task.committed.length > 0) this.#backoff.succeeded(task.name);
    await this.remove(task);
    await this.#backoff.wait(task.name, `Task ${task.name} starts over: ${failure.message}`, signal);
    await this.#open(task.id, signal);
  }

  /** Each try that failed, so that a store or log that stays away is seen. */
  #countRestart({ name }: StreamTask): void {
    this.#environment.telemetry.count('task-restarts', 1, { task: name });
  }

  #begin(task: StreamTask): void {
    for (const queue of task.inputs) {
      this.#taskByPartition.set(partitionKey(queue), task);
      this.#options.reader.assign(queue, queue.position);
    }
    this.#options.wake();
  }

  async remove(task: StreamTask): Promise<void> {
    if (this.#tasks.get(task.name) === task) this.#tasks.delete(task.name);
    for (const queue of task.inputs) {
      this.#paused.delete(queue);
      if (this.#taskByPartition.get(partitionKey(queue)) !== task) continue;
      this.#taskByPartition.delete(partitionKey(queue));
      this.#options.reader.unassign(queue);
    }
    await task.close();
  }

  async removeAll(): Promise<void> {
    await Promise.all(this.all.map((task) => this.remove(task)));
  }

  /** An input that comes faster than it is processed is paused, so that memory stays bounded and others go on. Never one that has
   *  nothing: the task may wait for just that one. */
  balanceIntake(): void {
    const share = this.#options.maxBufferedBytes / this.#taskByPartition.size;
    for (const task of this.running)
      for (const queue of task.inputs) this.#balance(queue, task.bufferedBytes(queue), share);
  }

  #balance(queue: RecordQueue, bufferedBytes: number, limit: number): void {
    const { reader } = this.#options;
    const paused = this.#paused.has(queue);
    if (!paused && bufferedBytes > limit) {
      this.#paused.add(queue);
      reader.pause(queue);
    } else if (paused && bufferedBytes < limit / 2) {
      this.#paused.delete(queue);
      reader.resume(queue);
    }
  }
}

function unknownTask(id: TaskId): TopologyError {
  return new TopologyError(
    `Cannot run task ${formatTaskId(id)}: this topology has no sub-topology ${id.subTopology}. All instances of an application must run the same topology.`,
  );
}
