/** One instance of the application, over all its runs: what happens to a process in production happens to it on purpose. */
import type { ArmedFault, InstanceRun } from './cluster/instance-run.ts';
import type { TestCluster } from './cluster/test-cluster.ts';
import type { Refusal } from './cluster/test-process.ts';
import type { CommitStep } from './faults/commit-steps.ts';

export type TestInstanceState = 'up' | 'frozen' | 'down';

export class TestInstance {
  readonly #cluster: TestCluster;
  #run: InstanceRun | null = null;
  /** For the next run. */
  #armed: ArmedFault | null = null;

  /** @internal */
  constructor(cluster: TestCluster) {
    this.#cluster = cluster;
  }

  get state(): TestInstanceState {
    return this.#run?.process.state ?? 'down';
  }

  /** Names of the tasks it runs: `<sub-topology>_<partition>`. */
  get tasks(): readonly string[] {
    return this.state === 'up' ? this.#run!.tasks.map(({ name }) => name).sort() : [];
  }

  /** What it tried and was not allowed to do since it started, because another one had taken over. */
  get refusals(): readonly Refusal[] {
    return this.#run?.process.refusals ?? [];
  }

  /** Joins the group; ends when it runs its tasks, restored, and all have come to rest. */
  async start(): Promise<void> {
    if (this.state !== 'down') throw new Error(`Cannot start an instance that is ${this.state}.`);
    this.#run = await this.#cluster.start(this.#armed);
    this.#armed = null;
    await this.#cluster.settle();
  }

  /** Commits, leaves the group; the others take over. */
  async stop(): Promise<void> {
    await this.#cluster.stop(this.takeRun('stop'));
  }

  /** Everything it has in memory is gone, nothing is committed; the others take over. */
  async crash(): Promise<void> {
    await this.#cluster.crash([this.takeRun('crash')]);
  }

  /** It stands still and knows nothing; its session ends, the others take over. */
  async freeze(): Promise<void> {
    await this.#cluster.freeze(this.#upRun('freeze'));
  }

  /** It goes on where it was, a zombie: what it still commits must be refused (`refusals`). Then it joins again. */
  async thaw(): Promise<void> {
    if (this.state !== 'frozen') throw new Error(`Cannot thaw an instance that is ${this.state}.`);
    await this.#cluster.thaw(this.#run!);
  }

  /** Crashes before this step of its next commit: what was done until then stays as a crash leaves it. */
  crashBefore(step: CommitStep): void {
    this.#arm({ step, effect: 'crash' });
  }

  /** Freezes before this step of its next commit. */
  freezeBefore(step: CommitStep): void {
    this.#arm({ step, effect: 'freeze' });
  }

  #arm(fault: ArmedFault): void {
    if (this.state === 'down') this.#armed = fault;
    else this.#run!.armed = fault;
  }

  #upRun(what: string): InstanceRun {
    if (this.state !== 'up') throw new Error(`Cannot ${what} an instance that is ${this.state}.`);
    return this.#run!;
  }

  /** @internal */
  takeRun(what: string): InstanceRun {
    const run = this.#upRun(what);
    this.#run = null;
    return run;
  }
}
