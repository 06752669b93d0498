/** Runs the tasks that the group gives to this process: fetch, process, commit, and what happens when tasks come and go.
 *  W1 One loop touches tasks; group calls (`onRevoked` …) hold it first, so that it never sees a task half revoked.
 *  W2 Revoked: every task commits, then waits; those that stay go on where they were, with their state (sticky).
 *  W3 Lost: nothing can be committed; tasks are closed as they are.
 *  W4 A task that failed is closed and opened again from the log; fenced ones only after joining the group anew. */
import type {
  FetchedRecords,
  GroupListener,
  GroupMember,
  LogError,
  LogReader,
  MemberAssignment,
  MemberInfo,
  TopicPartition,
} from '../ports/log.ts';
import type { Metric } from '../ports/runtime.ts';
import type { TaskLocation } from '../query/store-partitions.ts';
import type { Bytes } from '../record/record.ts';
import type { RestoreListener } from '../state/restore/restore-progress.ts';
import { isGoneOfPattern } from '../task/gone-topic.ts';
import { gauge } from '../task/metric.ts';
import type { StreamTask } from '../task/stream-task.ts';
import type { TaskEnvironment } from '../task/task-environment.ts';
import { formatTaskId, type TaskId } from '../task/task-id.ts';
import type { SubTopology } from '../topology/graph.ts';
import { assignTasks, tasksOf, toAssignment, type SourceTopics } from './assignor.ts';
import { Bell } from './bell.ts';
import { claimTopology, type Claim } from './claim-topology.ts';
import { LostRecords } from './lost-records.ts';
import { PollMeter } from './poll-meter.ts';
import { RepartitionPurge } from './repartition-purge.ts';
import { declaredSources } from './source-patterns.ts';
import { taskFailureKind } from './task-failure.ts';
import { TaskRegistry } from './task-registry.ts';
import {
  chooseVersion,
  decodeServers,
  decodeTasks,
  encodeMember,
  serversOf,
  versionId,
  type TopologyVersion,
} from './topology-version.ts';

/** Records of one task in a row, before the next task gets its turn. */
const RECORDS_PER_TURN = 256;
/** How long the loop processes before it lets the process' other events happen (heartbeats among them): no longer than the one
 *  record that is under way then, however slow the user's functions are. */
const SLICE_MS = 8;
const IDLE_POLL_MS = 100;
/** A record that takes longer is worth a line in the log, but not each one. */
const BLOCKING_MS = 2_000;
const TELL_EVERY_MS = 60_000;
const HELD_POLL_MS = 2;

export interface WorkerListener {
  onRebalancing(): void;
  /** Every assigned task is restored and runs. */
  onRunning(): void;
  readonly onRestore: RestoreListener;
  /** The application cannot go on. */
  onFatal(error: Error): void;
}

export interface WorkerOptions {
  readonly environment: TaskEnvironment;
  readonly subTopologies: readonly SubTopology[];
  /** As of now: a pattern may match more topics. */
  readonly sources: () => SourceTopics;
  /** What the topics of the application were made for: partitions beyond that are nobody's yet. */
  readonly partitionCounts: () => ReadonlyMap<string, number>;
  readonly maxBufferedBytes: number;
  /** Told to the other members. */
  readonly applicationServer?: string | undefined;
  readonly listener: WorkerListener;
  member(): GroupMember;
  /** Tasks were given to this version of the topology, until the signal aborts. @throws what keeps it from running them */
  readonly claim: Claim;
}

export class StreamWorker implements GroupListener {
  readonly #options: WorkerOptions;
  readonly #environment: TaskEnvironment;
  readonly #reader: LogReader;
  readonly #registry: TaskRegistry;
  readonly #purge: RepartitionPurge;
  readonly #lostRecords: LostRecords;
  readonly #versionId: string;
  readonly #bell = new Bell();
  readonly #pollMeter = new PollMeter();
  #assigned: readonly TaskId[] = [];
  /** By task: where the instance that has it is reached for queries, as of the last assignment. */
  #servers: ReadonlyMap<string, string> = new Map();
  /** Ends with the assignment: what is being opened for it is called off. */
  #assignment = new AbortController();
  /** While set, the loop leaves the tasks alone (W1). */
  #held = false;
  #stopped = false;
  /** Asked to stop: what is assigned from here on is left to who comes next. */
  #isEnding = false;
  #looping: Promise<void> | null = null;
  /** Whose turn is next. */
  #turn = 0;
  #tellAgainMs = -Infinity;
  /** Asked for and not answered yet. */
  #polling: Promise<true> | null = null;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#environment = options.environment;
    const { environment, subTopologies, maxBufferedBytes, listener } = options;
    const declared = declaredSources(subTopologies, environment.applicationId);
    this.#versionId = versionId(subTopologies, declared);
    // What another application aborted never happened, whatever this one guarantees.
    this.#reader = environment.log.reader({
      isolation: 'read_committed',
      maxBufferedBytes: maxBufferedBytes / 2,
    });
    this.#purge = new RepartitionPurge(environment);
    this.#registry = new TaskRegistry({
      environment,
      subTopologies,
      maxBufferedBytes: maxBufferedBytes / 2,
      reader: this.#reader,
      wake: () => this.#bell.ring(),
      onRestore: (event) => listener.onRestore(event),
      onFatal: (error) => this.#fatal(error),
    });
    this.#lostRecords = new LostRecords(environment, this.#registry, this.#reader);
  }

  get tasks(): readonly StreamTask[] {
    return this.#registry.all;
  }

  /** Where the state of a task can be read. Between two assignments a task is where it was. */
  locate(id: TaskId): TaskLocation {
    const name = formatTaskId(id);
    const task = this.tasks.find((one) => one.name === name);
    if (task?.state === 'running' || task?.state === 'suspended') return { kind: 'here', task };
    const isOurs = task !== undefined || this.#assigned.some((one) => formatTaskId(one) === name);
    return isOurs ? { kind: 'opening' } : { kind: 'elsewhere', server: this.#servers.get(name) ?? null };
  }

  /** Of all tasks, and of the loop. */
  metrics(): Metric[] {
    const { tasks } = this;
    return [
      gauge('assigned-tasks', tasks.length),
      ...this.#pollMeter.metrics(),
      ...tasks.flatMap((task) => task.metrics()),
    ];
  }

  run(): void {
    this.#looping = this.#loop();
  }

  async #loop(): Promise<void> {
    let processed = 0;
    while (!this.#stopped) {
      try {
        processed = this.#held ? await this.#wait() : await this.#round(() => this.#pollOrWake(processed));
      } catch (error) {
        this.#fatal(error as Error);
      }
    }
  }

  /** One round by hand: takes what is there within `maxWaitMs`. Returns how many records were processed. */
  async round(maxWaitMs: number): Promise<number> {
    return this.#held ? this.#wait() : this.#round(() => this.#poll(maxWaitMs));
  }

  /** What is fetched while the tasks are left alone stays in the reader, which is bounded. */
  async #wait(): Promise<number> {
    await this.#environment.pacing.pause(HELD_POLL_MS);
    return 0;
  }

  /** Take what was fetched, process for a slice of time, commit what is due. */
  async #round(fetch: () => Promise<unknown>): Promise<number> {
    await fetch();
    if (this.#held || this.#stopped) return 0;
    const processed = this.#processSlice();
    const nowMs = this.#environment.clock.nowMs();
    for (const task of this.#registry.running) {
      task.punctuate(nowMs);
      task.maybeCommit(nowMs);
    }
    this.#registry.balanceIntake();
    this.#handleFailures();
    this.#purge.maybeRun(nowMs, this.tasks);
    await this.#environment.pacing.breathe();
    return processed;
  }

  /** While there is work, what is there already; else until something comes, is due, or a task wakes the loop. */
  async #pollOrWake(processed: number): Promise<void> {
    this.#polling ??= this.#poll(processed > 0 ? 0 : this.#idleMs());
    try {
      if ((await this.#bell.orElse(this.#polling)) !== null) this.#polling = null;
    } catch (error) {
      this.#polling = null;
      throw error;
    }
  }

  /** Tasks get an answer when it comes, in whatever round the loop is: were it kept, its partitions could change hands meanwhile,
   *  and the new task would have its records twice. */
  async #poll(maxWaitMs: number): Promise<true> {
    const { pacing } = this.#environment;
    const startedMs = pacing.elapsedMs();
    const answer = await this.#fetch(maxWaitMs);
    this.#pollMeter.polled(answer, pacing.elapsedMs() - startedMs);
    for (const fetched of answer) this.#registry.give(fetched);
    return true;
  }

  #idleMs(): number {
    const nowMs = this.#environment.clock.nowMs();
    const waiting = this.#registry.running.filter((task) => !task.isCommitting);
    const dueMs = Math.min(...waiting.map((task) => task.nextCommitMs - nowMs), IDLE_POLL_MS);
    return Math.max(1, dueMs);
  }

  async #fetch(maxWaitMs: number): Promise<readonly FetchedRecords[]> {
    try {
      return await this.#reader.poll({ maxWaitMs });
    } catch (error) {
      if (this.#stopped) return [];
      this.#lostRecords.goOn(error);
      return [];
    }
  }

  /** The tasks in turn, until none has anything or the time is over; the next slice begins with the task behind the last. */
  #processSlice(): number {
    const { pacing } = this.#environment;
    let atMs = pacing.elapsedMs();
    const endMs = atMs + SLICE_MS;
    const tasks = this.#registry.running;
    let processed = 0;
    for (let idle = 0, overtimeMs = -1; idle < tasks.length && overtimeMs < 0;) {
      const task = tasks[this.#turn++ % tasks.length]!;
      const count = task.isReady ? task.process(RECORDS_PER_TURN, endMs) : 0;
      processed += count;
      idle = count > 0 ? 0 : idle + 1;
      const nowMs = pacing.elapsedMs();
      task.processMs += nowMs - atMs;
      atMs = nowMs;
      overtimeMs = nowMs - endMs;
      if (overtimeMs >= BLOCKING_MS) this.#tellOfBlocking(task, overtimeMs);
    }
    return processed;
  }

  #tellOfBlocking(task: StreamTask, ms: number): void {
    const { clock, logger } = this.#environment;
    const nowMs = clock.nowMs();
    if (nowMs < this.#tellAgainMs) return;
    this.#tellAgainMs = nowMs + TELL_EVERY_MS;
    const seconds = (ms / 1000).toFixed(1);
    logger.log(
      'warn',
      `${task.operatorName} blocked the process for ${seconds} s in task ${task.name}: no other task went on, no heartbeat was sent. A function must give way well within sessionTimeoutMs: compute in a worker thread and wait for it in mapValuesAsync.`,
      { taskId: task.name },
    );
  }

  /** W4. What a handler answered `fail` to, and what starting over cannot mend, ends the application. */
  #handleFailures(): void {
    for (const task of this.#registry.running) {
      if (task.failure === null) continue;
      const { signal } = this.#assignment;
      const isGone = isGoneOfPattern(task.failure, task.inputs, ({ source }) => source);
      switch (isGone ? 'restart' : taskFailureKind(task.failure)) {
        case 'fatal':
          return this.#fatal(task.failure);
        case 'rejoin':
          void this.#giveUp(task, task.failure);
          break;
        case 'restart':
          void this.#registry.restart(task, task.failure, signal);
      }
    }
  }

  async #giveUp(task: StreamTask, failure: Error): Promise<void> {
    this.#environment.logger.log('warn', `Task ${task.name} is given up: ${failure.message}`, {
      taskId: task.name,
    });
    await this.#registry.remove(task);
    this.#options.member().rejoin();
  }

  #fatal(error: Error): void {
    if (this.#stopped) return;
    this.#held = true;
    this.#options.listener.onFatal(error);
  }

  // The group's calls

  memberData(): Bytes {
    const { partitionCounts, applicationServer } = this.#options;
    return encodeMember(this.#assigned, this.#version(partitionCounts()), applicationServer);
  }

  assign(
    members: readonly MemberInfo[],
    partitionCounts: ReadonlyMap<string, number>,
  ): ReadonlyMap<string, MemberAssignment> {
    const turn = chooseVersion(members, this.#version(this.#usable(partitionCounts)));
    const { sources, partitionCounts: counts } = turn.version;
    const owned = assignTasks(tasksOf(sources, counts), turn.members);
    if (turn.waiting.length > 0) this.#tellOfVersions(turn.waiting.length, members.length);
    for (const { memberId } of turn.waiting) owned.set(memberId, []);
    const servers = serversOf(members, owned);
    return new Map(Array.from(owned, ([id, tasks]) => [id, toAssignment(tasks, sources, counts, servers)]));
  }

  #version(partitionCounts: ReadonlyMap<string, number>): TopologyVersion {
    return { id: this.#versionId, sources: this.#options.sources(), partitionCounts };
  }

  #tellOfVersions(waiting: number, all: number): void {
    this.#environment.logger.log(
      'warn',
      `${waiting} of ${all} instances have another topology than the others, and wait until more have theirs: one version processes at a time.`,
    );
  }

  #usable(found: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    const prepared = this.#options.partitionCounts();
    return new Map(
      Array.from(found, ([topic, count]) => [topic, Math.min(count, prepared.get(topic) ?? count)]),
    );
  }

  /** Joins the group anew, which takes back all tasks: so what is done is committed before. */
  async rejoin(timeoutMs: number): Promise<void> {
    const deadlineMs = this.#environment.clock.nowMs() + timeoutMs;
    do await this.onRevoked(deadlineMs);
    while (!this.#held); // the group had assigned tasks meanwhile
    if (!this.#stopped && !this.#isEnding) this.#options.member().rejoin();
  }

  async onRevoked(deadlineMs: number): Promise<void> {
    this.#hold();
    if (this.#stopped) return;
    this.#options.listener.onRebalancing();
    const { clock, logger } = this.#environment;
    const timer = new AbortController();
    const late = clock.delay(Math.max(0, deadlineMs - clock.nowMs()), timer.signal).then(() => false);
    const busy = new Set(this.tasks);
    const suspending = this.tasks.map((task) => task.suspend().then(() => busy.delete(task)));
    if (!(await Promise.race([Promise.all(suspending).then(() => true), late]))) {
      const names = Array.from(busy, ({ name }) => name).join(', ');
      logger.log(
        'warn',
        `Task ${names} did not commit in the time a rebalance allows: what was done since the last commit is given up, and done again by the next owner.`,
      );
      for (const task of busy) void this.#registry.remove(task);
    }
    timer.abort();
  }

  async onAssigned(
    _partitions: readonly TopicPartition[],
    data: Bytes | null,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#isEnding) return;
    this.#assigned = decodeTasks(data);
    this.#servers = decodeServers(data);
    this.#assignment = new AbortController();
    const ongoing = AbortSignal.any([signal, this.#assignment.signal]);
    const assigned = new Set(this.#assigned.map(formatTaskId));
    const stays = (task: StreamTask) =>
      assigned.has(task.name) &&
      task.state === 'suspended' &&
      task.failure === null &&
      this.#registry.hasItsInputs(task);
    await Promise.all(this.tasks.filter((task) => !stays(task)).map((task) => this.#registry.remove(task)));
    if (this.#isEnding) return;
    // Who keeps a task has been of the version that processes all along; who has none asks before it fences or processes anything.
    if (this.tasks.length === 0 && !(await this.#claim(ongoing))) return;
    for (const task of this.tasks) task.resume();
    this.#held = this.#stopped;
    await this.#registry.keepStateOf(this.#assigned);
    const missing = this.#assigned.filter((id) => !this.#registry.has(id));
    await this.#registry.openAll(missing, ongoing);
    if (!ongoing.aborted && !this.#stopped) this.#options.listener.onRunning();
  }

  /** Whether the tasks may run here. */
  async #claim(ongoing: AbortSignal): Promise<boolean> {
    if (this.#assigned.length === 0) return true;
    try {
      return await claimTopology(this.#options.claim, this.#environment, ongoing);
    } catch (error) {
      this.#fatal(error as Error);
      return false;
    }
  }

  async onLost(error: LogError): Promise<void> {
    this.#hold();
    this.#environment.logger.log('warn', `Membership was lost: ${error.message} Tasks are given up.`);
    this.#options.listener.onRebalancing();
    await this.#registry.removeAll();
  }

  onFailed(error: LogError): void {
    this.#fatal(error);
  }

  #hold(): void {
    this.#held = true;
    this.#assignment.abort();
    this.#bell.ring();
  }

  /** Commits what is done if `commit`, closes all tasks, ends the loop. Resolves with what kept tasks from committing. */
  async stop(commit: boolean): Promise<readonly Error[]> {
    this.#isEnding = true;
    this.#hold();
    if (commit) await Promise.all(this.tasks.map((task) => task.suspend()));
    const failures = this.tasks.flatMap(({ failure }) => (failure === null ? [] : [failure]));
    await this.abandon();
    return failures;
  }

  /** Ends everything as it is: open transactions are aborted by the next owner, their input is processed again. */
  async abandon(): Promise<void> {
    this.#isEnding = true;
    this.#stopped = true;
    this.#hold();
    await this.#reader.close();
    await this.#looping;
    await this.#registry.removeAll();
  }
}
