/** Runs one schedule and judges it.
 *  S1 First the faults, then peace: the application must settle within a bounded time.
 *  S2 What it left is compared with naive recomputation, and the stores with their changelogs. */
import type { TopologyGraph } from '@hiveframe/streams';
import { SafetyMonitor } from './check/safety-monitor.ts';
import { Evidence } from './check/evidence.ts';
import { checkStores } from './check/stores.ts';
import { Progress } from './check/progress.ts';
import { SimulatedCluster } from './cluster/simulated-cluster.ts';
import { Chaos, type FaultyWorld } from './faults/chaos.ts';
import type { CommitStep } from '@hiveframe/streams-testing';
import { LogCleaner } from './faults/log-cleaner.ts';
import { APPLICATION_ID, Instance } from './instance.ts';
import { Network } from './kernel/network.ts';
import { Random } from './kernel/random.ts';
import { SimulatedProcess } from './kernel/simulated-process.ts';
import { VirtualTime } from './kernel/virtual-time.ts';
import type { Without } from './mutations/mutation.ts';
import { FAULTS_MS, INPUT_MS, type Schedule } from './schedule.ts';
import { StoreServer } from './stores/store-server.ts';
import { input } from './workload/input.ts';
import { Producers } from './workload/producers.ts';
import type { Scenario } from './workload/scenario.ts';
import { SCENARIOS } from './workload/scenarios.ts';

export interface Outcome {
  /** What went wrong, in words; nothing: []. */
  readonly violations: readonly string[];
  readonly eventCount: number;
  readonly virtualMs: number;
  /** How often each kind of fault happened. */
  readonly faultCounts: ReadonlyMap<string, number>;
  /** Equal for equal runs. */
  readonly fingerprint: number;
}

/** Sessions, transactions and rebalances that time out one after the other, several times over. */
const SETTLE_MS = 12_000;
const LOOK_EVERY_MS = 20;

export type Trace = (line: string) => void;

export interface SimulationOptions {
  readonly trace?: Trace;
  readonly without?: Without;
}

export class Simulation implements FaultyWorld {
  readonly #schedule: Schedule;
  readonly #scenario: Scenario;
  readonly #graph: TopologyGraph;
  readonly #time = new VirtualTime(0);
  readonly #trace: Trace;
  readonly #cluster: SimulatedCluster;
  readonly #stores: StoreServer;
  readonly #cleaner: LogCleaner;
  readonly #chaos: Chaos;
  readonly #producers: Producers;
  readonly #instances: readonly Instance[];
  readonly #monitor: SafetyMonitor;
  #isOver = false;

  constructor(schedule: Schedule, { trace = () => {}, without = [] }: SimulationOptions = {}) {
    this.#schedule = schedule;
    this.#scenario = SCENARIOS[schedule.scenario];
    this.#trace = (line) => trace(`${this.#time.nowMs.toFixed(2).padStart(9)} ${line}`);
    const { seed, settings } = schedule;
    const time = this.#time;
    this.#graph = this.#scenario.topology(new SimulatedProcess('nobody', time).clock).graph;
    this.#monitor = new SafetyMonitor(this.#scenario.guarantee, (line) => this.#trace(line));
    this.#cluster = new SimulatedCluster({
      time,
      random: new Random(seed, 'cluster'),
      markerDelayMs: settings.markerDelayMs,
      onOffsets: this.#monitor.onOffsets,
      without,
    });
    this.#stores = new StoreServer({
      onFlush: (id, opener, flush) => this.#monitor.onFlush(this.#stores, this.#cluster, id, opener, flush),
      without,
    });
    this.#cleaner = new LogCleaner(this.#graph, APPLICATION_ID, this.#cluster);
    this.#chaos = new Chaos({
      time,
      random: new Random(seed, 'network'),
      faults: schedule.faults,
      slowShare: settings.slowShare,
      trace: this.#trace,
    });
    this.#producers = new Producers({
      time,
      random: new Random(seed, 'input'),
      cluster: this.#cluster,
      topics: this.#inputs,
      numRecords: settings.numRecords,
      durationMs: INPUT_MS,
      beginEverywhere: this.#scenario.beginsEverywhere === true,
    });
    this.#instances = this.#createInstances(without);
  }

  get #inputs(): readonly string[] {
    return this.#scenario.inputs ?? [input.name];
  }

  #createInstances(without: Without): Instance[] {
    const { seed, settings } = this.#schedule;
    const around = {
      network: new Network(this.#time, this.#chaos),
      cluster: this.#cluster,
      stores: this.#stores,
      random: new Random(seed, 'fetch'),
      scenario: this.#scenario,
      settings,
      without,
      beforeStep: this.#chaos.watchesSteps ? this.#beforeStep : null,
      trace: this.#trace,
      onFailure: (error: Error) => this.#monitor.violated(`the application ended: ${error.stack}`),
    };
    return Array.from({ length: settings.numInstances }, (_, index) => new Instance(index, around));
  }

  #beforeStep = (process: SimulatedProcess, step: CommitStep) => this.#chaos.before(process, step);

  async run(): Promise<Outcome> {
    const { numPartitions } = this.#schedule.settings;
    this.#cluster.create(this.#inputs.map((topic) => ({ topic, numPartitions })));
    for (const instance of this.#instances) instance.start();
    this.#producers.start();
    this.#chaos.start(this);
    this.#time.after(FAULTS_MS, () => this.#endFaults());
    await this.#time.run(() => this.#isOver);
    for (const { process } of this.#instances) process.kill();
    return {
      violations: this.#monitor.violations,
      eventCount: this.#time.eventCount,
      virtualMs: this.#time.nowMs,
      faultCounts: this.#chaos.happened,
      fingerprint: this.#time.fingerprint,
    };
  }

  #endFaults(): void {
    this.#trace('no more faults');
    this.#chaos.end();
    for (const instance of this.#instances) {
      instance.process.thaw();
      instance.start();
    }
    this.#producers.finish();
    this.#look(this.#time.nowMs + SETTLE_MS);
  }

  #look(deadlineMs: number): void {
    const progress = new Progress(this.#graph, APPLICATION_ID, this.#cluster, this.#stores);
    const left = progress.leftToDo(this.#instances, this.#storesFollow);
    if (left.length > 0 && this.#time.nowMs < deadlineMs) {
      this.#time.after(LOOK_EVERY_MS, () => this.#look(deadlineMs));
      return;
    }
    for (const what of left) this.#monitor.violated(`not settled after ${SETTLE_MS} ms: ${what}`);
    if (left.length === 0) this.#judge();
    this.#isOver = true;
  }

  #judge(): void {
    const evidence = new Evidence({
      cluster: this.#cluster,
      inputs: this.#inputs,
      deadLetterTopic: `${APPLICATION_ID}-dead-letters`,
    });
    for (const violation of this.#scenario.check(evidence)) this.#monitor.violated(violation);
    if (!this.#storesFollow) return;
    for (const violation of checkStores(this.#graph, APPLICATION_ID, this.#cluster, this.#stores))
      this.#monitor.violated(violation);
  }

  /** Stores hold what their changelogs say. Without transactions a changelog takes what a former owner had on its way, behind what
   *  the next one has read of it. */
  get #storesFollow(): boolean {
    return this.#schedule.settings.durableStores && this.#scenario.guarantee === 'exactly_once';
  }

  // What faults act on

  crash(instance: number, downMs: number): void {
    this.#instances[instance]!.crash(downMs);
  }
  restart(instance: number, downMs: number): void {
    this.#instances[instance]!.restart(downMs);
  }
  freeze(instance: number, forMs: number): void {
    this.#instances[instance]!.freeze(forMs);
  }
  expireMember(instance: number): void {
    const group = this.#cluster.group(APPLICATION_ID);
    const { name } = this.#instances[instance]!.process;
    const member = group.memberIds.find((id) => id.startsWith(`${name}-`));
    if (member !== undefined) group.remove(member);
  }
  rebalance(): void {
    this.#cluster.group(APPLICATION_ID).prepare();
  }
  expireTransactions(): void {
    this.#cluster.transactions.expireAll();
  }
  rollBackPoint(): () => void {
    const rollBack = this.#stores.rollBackPoint();
    return () => {
      this.#monitor.storeDamaged();
      rollBack();
    };
  }
  wipe(): void {
    this.#monitor.storeDamaged();
    this.#stores.wipe();
  }
  compact(): void {
    this.#cleaner.compact();
  }
  deleteOld(): void {
    this.#cleaner.deleteOld();
  }
}
