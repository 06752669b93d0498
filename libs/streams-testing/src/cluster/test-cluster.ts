/** The instances of an application over one log, driven by hand: nothing happens between two calls.
 *  C1 A call ends when nothing moves any more: all records are processed and committed, each task has its instance.
 *  C2 What can only go on when time does is left waiting: `advance` moves it. */
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import {
  TopicPreparation,
  TopologyGuard,
  type PreparedTopics,
  type ResolvedStreamsConfig,
  type StreamTask,
} from '@hiveframe/streams/internal';
import type { StorePort, TopologyGraph } from '@hiveframe/streams';
import type { EmbeddedLog } from '@hiveframe/streams-embedded';
import type { ManualClock } from '../manual-clock.ts';
import { InstanceRun, type ArmedFault, type Surroundings } from './instance-run.ts';

const MAX_ROUNDS = 100_000;
/** So long a commit may do nothing but wait for the clock before it is left waiting (C2). */
const PATIENCE_TURNS = 20;
/** So long a function of the user may take in real time, while the clock has its deadline. */
const REAL_PATIENCE_MS = 1_000;
/** Members agree in memory, in no time. */
const REBALANCE_TIMEOUT_MS = 30_000;

export interface TestClusterOptions {
  readonly graph: TopologyGraph;
  readonly config: ResolvedStreamsConfig;
  readonly sharedStores: StorePort | null;
  readonly clock: ManualClock;
}

export class TestCluster {
  readonly #options: TestClusterOptions;
  readonly #runs = new Set<InstanceRun>();
  /** Out of the group, and knowing nothing of it; the function tells them. */
  readonly #expired = new Map<InstanceRun, () => void>();
  readonly #guard: TopologyGuard;
  #topics: PreparedTopics | null = null;
  #isLeftWaiting = false;
  /** When it was looked last: a round commits by itself what is due by time. */
  #endsSeen = '';

  constructor(options: TestClusterOptions) {
    this.#options = options;
    this.#guard = new TopologyGuard(options.graph, options.config);
  }

  async prepare(): Promise<void> {
    if (this.#topics !== null) return;
    await this.#options.config.log.connect();
    await this.#guard.check();
    await this.#prepareTopics();
  }

  async #prepareTopics(): Promise<void> {
    const { graph, config } = this.#options;
    this.#topics = await new TopicPreparation(graph, config).prepare(new AbortController().signal);
  }

  /** What an application does that finds another topic of a pattern. */
  async topicsChanged(): Promise<void> {
    const generation = this.#generation;
    await this.#prepareTopics();
    const { rebalanceTimeoutMs } = this.#options.config;
    await Promise.all(this.#up.map((run) => run.rejoin(rebalanceTimeoutMs)));
    await this.#rebalanced(generation);
    await this.settle();
  }

  get #up(): readonly InstanceRun[] {
    return [...this.#runs].filter((run) => run.isUp);
  }

  get tasks(): readonly StreamTask[] {
    return this.#up.flatMap((run) => run.tasks);
  }

  /** The partitions of a sub-topology, each with the stores of the instance that has it now. */
  tasksOf(subTopology: number): readonly { readonly partition: number; readonly stores: StorePort }[] {
    return this.#up.flatMap(({ tasks, stores }) =>
      tasks
        .filter(({ id }) => id.subTopology === subTopology)
        .map(({ id: { partition } }) => ({ partition, stores })),
    );
  }

  async start(armed: ArmedFault | null): Promise<InstanceRun> {
    await this.prepare();
    const around: Surroundings = { ...this.#options, topics: () => this.#topics!, guard: this.#guard };
    const run = new InstanceRun(around);
    run.armed = armed;
    const generation = this.#generation;
    this.#runs.add(run);
    await run.join();
    await this.#rebalanced(generation);
    return run;
  }

  async stop(run: InstanceRun): Promise<void> {
    const generation = this.#generation;
    this.#runs.delete(run);
    await run.stop(true);
    await this.#rebalanced(generation);
    await this.settle();
  }

  async crash(runs: readonly InstanceRun[]): Promise<void> {
    for (const run of runs) run.process.kill();
    await this.#depart();
    await this.settle();
  }

  async freeze(run: InstanceRun): Promise<void> {
    run.process.freeze();
    await this.#depart();
    await this.settle();
  }

  /** It goes on with what it had, until it has found out that it is out; then it joins again. */
  async thaw(run: InstanceRun): Promise<void> {
    const generation = this.#generation;
    const { memberId } = run;
    run.process.thaw();
    do await run.round();
    while ((await this.#commit([run])) && run.isUp);
    if (run.memberId === memberId) this.#expired.get(run)?.();
    this.#expired.delete(run);
    await this.#rebalanced(generation);
    await this.settle();
  }

  /** @throws what ended the application */
  async settle(): Promise<void> {
    for (const run of this.#up) await run.readGlobalTables();
    for (let rounds = 0; rounds < MAX_ROUNDS; rounds++) {
      let processed = 0;
      for (const run of this.#up) processed += await run.round();
      this.#throwFailure();
      const moved = processed > 0 || (await this.#commit(this.#up));
      const departed = await this.#depart();
      if (!moved && !departed) return;
    }
    throw new Error(`The topology did not come to rest within ${MAX_ROUNDS} rounds.`);
  }

  /** In steps, so that whatever waits wakes up at its own time, and everything that follows from it happens then. */
  async advance(ms: number, stepMs: number): Promise<void> {
    const { clock } = this.#options;
    const untilMs = clock.nowMs() + ms;
    do {
      const nowMs = clock.nowMs();
      const nextMs = Math.min(untilMs, nowMs + stepMs, Math.max(clock.nextWakeMs, nowMs + 1));
      clock.advance(nextMs - nowMs);
      await this.settle();
    } while (clock.nowMs() < untilMs);
  }

  async close(): Promise<void> {
    for (const run of this.#runs) await (run.isUp ? run.stop(false) : run.bury());
    await this.#options.config.log.close(1_000);
  }

  #throwFailure(): void {
    for (const { fatal } of this.#up) if (fatal !== null) throw fatal;
  }

  /** Whether there is more to do: output that others read, a task that failed, or one that can read on. */
  async #commit(runs: readonly InstanceRun[]): Promise<boolean> {
    const fetching = runs.filter((run) => run.isFetching);
    await this.#unlessWaiting(Promise.all(runs.map((run) => run.commit())));
    const before = this.#endsSeen;
    this.#endsSeen = await this.#ends();
    const canReadOn = fetching.some((run) => !run.isFetching);
    return canReadOn || runs.some((run) => run.hasFailures) || before !== this.#endsSeen;
  }

  async #unlessWaiting(work: Promise<unknown>): Promise<void> {
    const sinceMs = performance.now();
    let isOver = false;
    void work.finally(() => (isOver = true));
    for (let turns = 0, waiting = 0; !isOver && waiting < PATIENCE_TURNS; turns++) {
      await (turns < 2 * PATIENCE_TURNS ? turn() : sleep(1));
      waiting = this.#waitsForClock(performance.now() - sinceMs) ? waiting + 1 : 0;
    }
    this.#isLeftWaiting = !isOver;
  }

  /** A pause ends with time only. A deadline may be met by an answer that takes real time, unless that was waited for in vain. */
  #waitsForClock(elapsedMs: number): boolean {
    const { clock } = this.#options;
    if (clock.isWaitedFor) return true;
    return clock.nextWakeMs < Infinity && (this.#isLeftWaiting || elapsedMs > REAL_PATIENCE_MS);
  }

  async #ends(): Promise<string> {
    const { admin } = this.#options.config.log;
    const topics = [...new Set([...this.#topics!.sources.values()].flat())];
    const partitions = Array.from(await admin.describe(topics), ([topic, { numPartitions }]) =>
      Array.from({ length: numPartitions }, (_, partition) => ({ topic, partition })),
    ).flat();
    return JSON.stringify(await admin.offsets(partitions, 'lastStable'));
  }

  /** Whether any had crashed or frozen; then the others have taken over. */
  async #depart(): Promise<boolean> {
    const generation = this.#generation;
    if (!(await this.#removeHalted())) return false;
    await this.#rebalanced(generation);
    return true;
  }

  /** Takes those that have crashed or frozen out of the group. Whether there were any. */
  async #removeHalted(): Promise<boolean> {
    const halted = [...this.#runs].filter((run) => !run.isUp && !this.#expired.has(run));
    for (const run of halted) {
      if (run.process.state === 'frozen') {
        this.#expire(run);
        continue;
      }
      this.#runs.delete(run);
      await run.bury();
    }
    return halted.length > 0;
  }

  #expire(run: InstanceRun): void {
    const { log, applicationId } = this.#options.config;
    if (!('expireSession' in log))
      throw new Error(`Cannot freeze an instance on log ${log.name}: it needs embedded().`);
    this.#expired.set(run, (log as EmbeddedLog).expireSession(applicationId, run.memberId!));
  }

  get #generation(): number {
    return Math.max(-1, ...Array.from(this.#runs, (run) => run.generation));
  }

  /** Waits until all that are up run what a newer assignment gives them. */
  async #rebalanced(before: number): Promise<void> {
    const endMs = performance.now() + REBALANCE_TIMEOUT_MS;
    let newerThan = before;
    while (!this.#up.every((run) => run.generation > newerThan)) {
      const latest = this.#generation;
      if (await this.#removeHalted()) newerThan = latest;
      this.#throwFailure();
      if (performance.now() > endMs)
        throw new Error('The instances did not agree on their tasks within 30 s.');
      await turn();
    }
  }
}
