/** Runs the tasks that the group gives to this process: fetch, process, commit, and what happens when tasks come and go.
 *  W1 One loop touches tasks; group calls (`onRevoked` …) pause it first, so that it never sees a task half revoked.
 *  W2 Revoked: every task commits, then waits; those that stay go on where they were, with their state (sticky).
 *  W3 Lost: nothing can be committed; tasks are closed as they are.
 *  W4 A task that failed is closed and opened again from the log; fenced ones only after joining the group anew. */
import {
  DeserializationError,
  ProcessingError,
  ProductionError,
  TimestampError,
} from '../errors/streams.error.ts';
import {
  LogError,
  type FetchedRecords,
  type GroupListener,
  type GroupMember,
  type LogReader,
  type MemberAssignment,
  type MemberInfo,
  type TopicPartition,
} from '../ports/log.ts';
import { StoreError } from '../ports/store.ts';
import type { Bytes } from '../record/record.ts';
import type { RestoreProgress } from '../state/restore.ts';
import type { TaskEnvironment } from '../task/task-environment.ts';
import { formatTaskId, type TaskId } from '../task/task-id.ts';
import { StreamTask } from '../task/stream-task.ts';
import type { SubTopology } from '../topology/graph.ts';
import { RepartitionPurge } from './repartition-purge.ts';
import {
  assignTasks,
  decodeTasks,
  encodeTasks,
  tasksOf,
  toAssignment,
  type SourceTopics,
} from './assignor.ts';

/** Records of one task in a row, before the next task gets its turn. */
const RECORDS_PER_TURN = 256;
/** How long the loop processes before it lets the process' other events happen. */
const SLICE_MS = 8;
const IDLE_POLL_MS = 100;
const HELD_POLL_MS = 2;
const REOPEN_DELAY_MS = 500;

export interface WorkerListener {
  onRebalancing(): void;
  /** Every assigned task is restored and runs. */
  onRunning(): void;
  onRestore(progress: RestoreProgress): void;
  /** The application cannot go on. */
  onFatal(error: Error): void;
}

export interface WorkerOptions {
  readonly environment: TaskEnvironment;
  readonly subTopologies: readonly SubTopology[];
  readonly sources: SourceTopics;
  readonly maxBufferedBytes: number;
  readonly listener: WorkerListener;
  member(): GroupMember;
}

export class StreamWorker implements GroupListener {
  readonly #options: WorkerOptions;
  readonly #environment: TaskEnvironment;
  readonly #reader: LogReader;
  readonly #tasks = new Map<string, StreamTask>();
  readonly #taskByPartition = new Map<string, StreamTask>();
  readonly #paused = new Set<string>();
  readonly #purge: RepartitionPurge;
  #assigned: readonly TaskId[] = [];
  /** Ends with the assignment: what is being opened for it is called off. */
  #assignment = new AbortController();
  /** While set, the loop leaves the tasks alone (W1). */
  #held = false;
  #stopped = false;
  #looping: Promise<void> | null = null;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#environment = options.environment;
    // What another application aborted never happened, whatever this one guarantees.
    this.#reader = this.#environment.log.reader({ isolation: 'read_committed' });
    this.#purge = new RepartitionPurge(this.#environment);
  }

  get tasks(): readonly StreamTask[] {
    return [...this.#tasks.values()];
  }

  run(): void {
    this.#looping = this.#loop();
  }

  async #loop(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.round(this.#hasWork() ? 0 : this.#idleMs());
      } catch (error) {
        this.#fatal(error as Error);
      }
    }
  }

  /** One round: take what was fetched, process for a slice of time, commit what is due. Returns how many records were processed. */
  async round(maxWaitMs: number): Promise<number> {
    if (this.#held) {
      await this.#environment.pacing.pause(HELD_POLL_MS); // what is fetched meanwhile stays in the reader, which is bounded
      return 0;
    }
    await this.#poll(maxWaitMs);
    if (this.#held || this.#stopped) return 0;
    const processed = this.#processSlice();
    const nowMs = this.#environment.clock.nowMs();
    for (const task of this.#running()) {
      task.punctuate(nowMs);
      task.maybeCommit(nowMs);
    }
    this.#balanceIntake();
    this.#handleFailures();
    this.#purge.maybeRun(nowMs, this.#tasks.values());
    await this.#environment.pacing.breathe();
    return processed;
  }

  #running(): StreamTask[] {
    return this.tasks.filter((task) => task.state === 'running');
  }
  #hasWork(): boolean {
    return (
      !this.#held && this.tasks.some((task) => task.isReady && task.inputs.some((queue) => !queue.isEmpty))
    );
  }
  #idleMs(): number {
    const nowMs = this.#environment.clock.nowMs();
    const dueMs = Math.min(...this.#running().map((task) => task.nextCommitMs - nowMs), IDLE_POLL_MS);
    return Math.max(1, dueMs);
  }

  async #poll(maxWaitMs: number): Promise<void> {
    for (const fetched of await this.#pollReader(maxWaitMs)) {
      const task = this.#taskByPartition.get(partitionKey(fetched));
      if (task?.state === 'running' || task?.state === 'suspended') task.add(fetched);
    }
  }

  async #pollReader(maxWaitMs: number): Promise<readonly FetchedRecords[]> {
    try {
      return await this.#reader.poll({ maxWaitMs });
    } catch (error) {
      if (this.#stopped) return [];
      throw error;
    }
  }

  #processSlice(): number {
    const { pacing } = this.#environment;
    const endMs = pacing.elapsedMs() + SLICE_MS;
    let processed = 0;
    for (let again = true; again && pacing.elapsedMs() < endMs;) {
      again = false;
      for (const task of this.#tasks.values()) {
        if (!task.isReady) continue;
        const count = task.process(RECORDS_PER_TURN);
        processed += count;
        if (count === RECORDS_PER_TURN) again = true;
      }
    }
    return processed;
  }

  /** A task that is slower than its input pauses its partitions, so that memory stays bounded and others go on. */
  #balanceIntake(): void {
    const { maxBufferedBytes } = this.#options;
    for (const task of this.#running()) {
      const paused = this.#paused.has(task.name);
      if (!paused && task.bufferedBytes > maxBufferedBytes) this.#setPaused(task, true);
      else if (paused && task.bufferedBytes < maxBufferedBytes / 2) this.#setPaused(task, false);
    }
  }
  #setPaused(task: StreamTask, paused: boolean): void {
    if (paused) this.#paused.add(task.name);
    else this.#paused.delete(task.name);
    for (const queue of task.inputs) {
      if (paused) this.#reader.pause(queue);
      else this.#reader.resume(queue);
    }
  }

  #handleFailures(): void {
    for (const task of this.#tasks.values()) {
      if (task.failure !== null && task.state === 'running') this.#handleFailure(task, task.failure);
    }
  }

  /** W4. What a handler answered `fail` to, and what trying again cannot mend, ends the application; everything else is mended
   *  by opening the task again. */
  #handleFailure(task: StreamTask, failure: Error): void {
    if (isRecordFailure(failure) || isHopeless(failure)) {
      this.#fatal(failure);
      return;
    }
    this.#environment.logger.log('warn', `Task ${task.name} starts over: ${failure.message}`, {
      taskId: task.name,
    });
    this.#environment.telemetry.count('task-restarts', 1, { task: task.name });
    void this.#remove(task).then(() => {
      if (failure instanceof LogError && failure.failure.kind === 'fenced') this.#options.member().rejoin();
      else void this.#openAll([task.id], this.#assignment.signal);
    });
  }

  #fatal(error: Error): void {
    if (this.#stopped) return;
    this.#held = true;
    this.#options.listener.onFatal(error);
  }

  // The group's calls

  memberData(): Bytes {
    return encodeTasks(this.#assigned);
  }

  assign(
    members: readonly MemberInfo[],
    partitionCounts: ReadonlyMap<string, number>,
  ): ReadonlyMap<string, MemberAssignment> {
    const { sources } = this.#options;
    const owned = assignTasks(tasksOf(sources, partitionCounts), members);
    return new Map(Array.from(owned, ([id, tasks]) => [id, toAssignment(tasks, sources, partitionCounts)]));
  }

  async onRevoked(deadlineMs: number): Promise<void> {
    this.#held = true;
    this.#assignment.abort();
    if (this.#stopped) return;
    this.#options.listener.onRebalancing();
    const { clock, logger } = this.#environment;
    const timer = new AbortController();
    const late = clock
      .delay(Math.max(0, deadlineMs - clock.nowMs()), timer.signal)
      .then(() => 'late' as const);
    const suspended = Promise.all(this.tasks.map((task) => task.suspend())).then(() => 'done' as const);
    if ((await Promise.race([late, suspended])) === 'late' && !timer.signal.aborted) {
      logger.log('warn', 'Tasks did not commit in the time a rebalance allows; what they did is given up.');
      await this.#removeAll();
    }
    timer.abort();
  }

  async onAssigned(
    _partitions: readonly TopicPartition[],
    data: Bytes | null,
    signal: AbortSignal,
  ): Promise<void> {
    this.#assigned = decodeTasks(data);
    this.#assignment = new AbortController();
    const ongoing = AbortSignal.any([signal, this.#assignment.signal]);
    const stays = (task: StreamTask) =>
      this.#isAssigned(task.name) && task.state === 'suspended' && task.failure === null;
    await Promise.all(this.tasks.filter((task) => !stays(task)).map((task) => this.#remove(task)));
    for (const task of this.#tasks.values()) task.resume();
    this.#held = false;
    await this.#openAll(
      this.#assigned.filter((id) => !this.#tasks.has(formatTaskId(id))),
      ongoing,
    );
    if (!ongoing.aborted && !this.#stopped) this.#options.listener.onRunning();
  }

  async onLost(error: LogError): Promise<void> {
    this.#held = true;
    this.#assignment.abort();
    this.#environment.logger.log('warn', `Membership was lost: ${error.message} Tasks are given up.`);
    this.#options.listener.onRebalancing();
    await this.#removeAll();
  }

  onFailed(error: LogError): void {
    this.#fatal(error);
  }

  // Tasks come and go

  async #openAll(ids: readonly TaskId[], signal: AbortSignal): Promise<void> {
    await Promise.all(ids.map((id) => this.#open(id, signal)));
  }

  /** Opens a task, trying again while it is ours: a log or store that is away comes back. */
  async #open(id: TaskId, signal: AbortSignal): Promise<void> {
    const subTopology = this.#options.subTopologies.find((sub) => sub.id === id.subTopology)!;
    const name = formatTaskId(id);
    while (!signal.aborted && !this.#stopped && this.#isAssigned(name) && !this.#tasks.has(name)) {
      const task = new StreamTask(id, subTopology, this.#environment);
      this.#tasks.set(name, task);
      try {
        await task.open((progress) => this.#options.listener.onRestore(progress));
        if (this.#tasks.get(name) === task && !signal.aborted) this.#begin(task);
        else await task.close();
        return;
      } catch (error) {
        await this.#openFailed(task, error as Error, signal);
      }
    }
  }

  async #openFailed(task: StreamTask, error: Error, signal: AbortSignal): Promise<void> {
    if (this.#tasks.get(task.name) === task) this.#tasks.delete(task.name);
    await task.close();
    if (signal.aborted || this.#stopped) return;
    if (isHopeless(error)) return this.#fatal(error);
    const { logger, clock } = this.#environment;
    logger.log('warn', `Cannot open task ${task.name}: ${error.message} Trying again.`, {
      taskId: task.name,
    });
    await clock.delay(REOPEN_DELAY_MS, signal);
  }

  #isAssigned(name: string): boolean {
    return this.#assigned.some((id) => formatTaskId(id) === name);
  }

  #begin(task: StreamTask): void {
    for (const queue of task.inputs) {
      this.#taskByPartition.set(partitionKey(queue), task);
      this.#reader.assign(queue, queue.position);
    }
  }

  async #remove(task: StreamTask): Promise<void> {
    if (this.#tasks.get(task.name) === task) this.#tasks.delete(task.name);
    this.#paused.delete(task.name);
    for (const queue of task.inputs) {
      if (this.#taskByPartition.get(partitionKey(queue)) !== task) continue;
      this.#taskByPartition.delete(partitionKey(queue));
      this.#reader.unassign(queue);
    }
    await task.close();
  }

  async #removeAll(): Promise<void> {
    await Promise.all(this.tasks.map((task) => this.#remove(task)));
  }

  /** Commits what is done if `commit` (and there is time), closes all tasks, ends the loop. */
  async stop(commit: boolean): Promise<void> {
    this.#held = true;
    if (commit) await Promise.all(this.tasks.map((task) => task.suspend()));
    this.#stopped = true;
    await this.#reader.close();
    await this.#looping;
    await this.#removeAll();
  }
}

function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

/** Somebody must mend something first: rights, a topic, a store of another kind. */
function isHopeless(error: Error): boolean {
  if (error instanceof StoreError) return !error.retryable;
  if (!(error instanceof LogError)) return false;
  return error.failure.kind === 'unauthorized' || error.failure.kind === 'recordTooLarge';
}

function isRecordFailure(error: Error): boolean {
  return (
    error instanceof DeserializationError ||
    error instanceof TimestampError ||
    error instanceof ProcessingError ||
    error instanceof ProductionError
  );
}
