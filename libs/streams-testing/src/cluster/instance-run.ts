/** One run of an instance: the engine's own worker, in a process that can be killed or frozen, driven round by round. */
import { inMemoryStores, type GroupMember, type LogPort, type StorePort } from '@hiveframe/streams';
import {
  createTaskEnvironment,
  GlobalTables,
  resolveStreamsConfig,
  StreamWorker,
  type PreparedTopics,
  type ResolvedStreamsConfig,
  type StreamTask,
  type TopologyGuard,
} from '@hiveframe/streams/internal';
import type { TopologyGraph } from '@hiveframe/streams';
import { watchCommitSteps, type CommitStep } from '../faults/commit-steps.ts';
import { watchOffsetsStep, watchWriterSteps } from '../faults/writer-steps.ts';
import { processClock, processLog, processMember, processStores } from './process-ports.ts';
import { TestProcess } from './test-process.ts';

/** What the runs of all instances have in common. */
export interface Surroundings {
  readonly graph: TopologyGraph;
  /** As the user gave it, with the log and the clock of the driver. */
  readonly config: ResolvedStreamsConfig;
  /** null: each run has stores in memory of its own, gone with it. */
  readonly sharedStores: StorePort | null;
  /** As of now: a pattern may match more topics. */
  readonly topics: () => PreparedTopics;
  readonly guard: TopologyGuard;
}

/** What happens before a step of the next commit that comes to it. */
export interface ArmedFault {
  readonly step: CommitStep;
  readonly effect: 'crash' | 'freeze';
}

export class InstanceRun {
  readonly process = new TestProcess();
  /** As they are read from outside. */
  readonly stores: StorePort;
  readonly #around: Surroundings;
  readonly #log: LogPort;
  readonly #worker: StreamWorker;
  readonly #member: GroupMember;
  readonly #globalTables: GlobalTables;
  armed: ArmedFault | null = null;
  fatal: Error | null = null;
  #isAssigned = false;
  #round: Promise<number> | null = null;

  constructor(around: Surroundings) {
    this.#around = around;
    this.#log = around.config.log;
    this.stores = around.sharedStores ?? inMemoryStores();
    this.#globalTables = new GlobalTables(around.graph.globalTables, around.config);
    this.#worker = this.#createWorker();
    this.#member = this.#log.group(this.#groupOptions(), this.#worker);
  }

  #createWorker(): StreamWorker {
    const { config, graph, topics, guard } = this.#around;
    const own = resolveStreamsConfig({
      ...config,
      log: this.#watchedLog(),
      stores: processStores(this.stores, this.process),
      clock: processClock(config.clock, this.process),
    });
    const member = () =>
      watchOffsetsStep(processMember(this.#member, this.process), (step) => this.#before(step));
    return new StreamWorker({
      environment: createTaskEnvironment(own, member, () => topics().limits, this.#globalTables, topics),
      subTopologies: graph.subTopologies,
      sources: () => topics().sources,
      partitionCounts: () => topics().partitionCounts,
      maxBufferedBytes: own.maxBufferedBytes,
      member: () => this.#member,
      claim: (signal) => guard.claim(signal),
      listener: {
        onRebalancing: () => (this.#isAssigned = false),
        onRunning: () => (this.#isAssigned = true),
        onRestore: () => {},
        onFatal: (error) => (this.fatal ??= error),
      },
    });
  }

  #watchedLog(): LogPort {
    const log = processLog(this.#log, this.process);
    const onStep = (step: CommitStep) => this.#before(step);
    const { processingGuarantee } = this.#around.config;
    return processingGuarantee === 'exactly_once'
      ? watchCommitSteps(log, onStep)
      : watchWriterSteps(log, processingGuarantee, onStep);
  }

  /** What comes after it goes through the process, which lets nothing pass any more. */
  async #before(step: CommitStep): Promise<void> {
    if (this.armed?.step !== step) return;
    const { effect } = this.armed;
    this.armed = null;
    if (effect === 'crash') this.process.kill();
    else this.process.freeze();
  }

  #groupOptions() {
    const { config, topics } = this.#around;
    return {
      groupId: config.applicationId,
      get topics() {
        return [...new Set([...topics().sources.values()].flat())];
      },
      sessionTimeoutMs: config.sessionTimeoutMs,
      rebalanceTimeoutMs: config.rebalanceTimeoutMs,
      heartbeatIntervalMs: Math.floor(config.sessionTimeoutMs / 3),
      protocol: 'test',
    };
  }

  get tasks(): readonly StreamTask[] {
    return this.#worker.tasks;
  }
  get isUp(): boolean {
    return this.process.state === 'up';
  }
  get memberId(): string | null {
    return this.#membership()?.memberId ?? null;
  }
  /** Of the assignment whose tasks run; -1: there is none now. */
  get generation(): number {
    return this.#isAssigned ? (this.#membership()?.generation ?? -1) : -1;
  }

  #membership() {
    try {
      return this.#member.membership();
    } catch {
      return null; // between two assignments
    }
  }

  async join(): Promise<void> {
    await this.#globalTables.open(new AbortController().signal);
    await Promise.race([this.#member.join(), this.process.halted]);
  }

  /** Other topics are there. */
  async rejoin(timeoutMs: number): Promise<void> {
    await Promise.race([this.#worker.rejoin(timeoutMs), this.process.halted]);
  }

  async readGlobalTables(): Promise<void> {
    await this.#globalTables.catchUp();
  }

  /** How many records were processed; 0 when it halts meanwhile. */
  async round(): Promise<number> {
    this.#round ??= this.#worker.round(0).finally(() => (this.#round = null));
    return Promise.race([this.#round, this.process.halted.then(() => 0)]);
  }

  /** Ends when all running tasks have committed or failed, and can read on, or when it halts meanwhile. */
  async commit(): Promise<void> {
    const running = this.tasks.filter((task) => task.state === 'running');
    const commits = Promise.all(running.map((task) => task.commit()));
    const fetches = Promise.all(running.map(async (task) => task.fetching));
    await Promise.race([Promise.all([commits, fetches]), this.process.halted]);
  }

  get isFetching(): boolean {
    return this.tasks.some((task) => task.fetching !== null);
  }

  get hasFailures(): boolean {
    return this.tasks.some((task) => task.state === 'running' && task.failure !== null);
  }

  /** Out of the group, as one that does not answer any more. */
  async bury(): Promise<void> {
    this.process.kill();
    await this.#member.leave(0);
    await this.#globalTables.close();
  }

  async stop(commit: boolean): Promise<void> {
    await this.#worker.stop(commit);
    await this.#member.leave(1_000);
    await this.#globalTables.close();
  }
}
