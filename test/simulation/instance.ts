/** One instance of the application, over all its runs: whatever supervises it starts it again when it has gone down. */
import {
  inMemoryStores,
  LogError,
  StreamsApp,
  type Logger,
  type StorePort,
  type StreamsConfig,
} from '@hiveframe/streams';
import type { Instruments } from '@hiveframe/streams/internal';
import type { ConnectionOptions } from './client/connection.ts';
import { SimulatedLog } from './client/simulated-log.ts';
import { watchCommitSteps, type CommitStep } from '@hiveframe/streams-testing';
import type { Network } from './kernel/network.ts';
import type { Random } from './kernel/random.ts';
import { MutatedLog } from './mutations/mutated-log.ts';
import { UncheckedStores } from './mutations/mutated-stores.ts';
import type { Without } from './mutations/mutation.ts';
import { SimulatedProcess } from './kernel/simulated-process.ts';
import type { SimulatedCluster } from './cluster/simulated-cluster.ts';
import type { Settings } from './schedule.ts';
import { SimulatedStores } from './stores/simulated-stores.ts';
import type { StoreServer } from './stores/store-server.ts';
import type { Scenario } from './workload/scenario.ts';

export const APPLICATION_ID = 'app';

export interface Surroundings {
  readonly network: Network;
  readonly cluster: SimulatedCluster;
  readonly stores: StoreServer;
  readonly random: Random;
  readonly scenario: Scenario;
  readonly settings: Settings;
  readonly without: Without;
  /** Asked before each step of a commit; null: no step is watched. */
  readonly beforeStep: ((process: SimulatedProcess, step: CommitStep) => Promise<void>) | null;
  readonly trace: (line: string) => void;
  /** The application ended by itself, for a reason that no fault explains. */
  onFailure(error: Error): void;
}

const TIMEOUTS = {
  transactionTimeoutMs: 900,
  sessionTimeoutMs: 300,
  rebalanceTimeoutMs: 500,
} as const;
const RESTART_MS = 100;
const STOP_TIMEOUT_MS = 1_000;

export class Instance {
  readonly #index: number;
  readonly #around: Surroundings;
  #runs = 0;
  #process: SimulatedProcess;
  #app: StreamsApp | null = null;

  constructor(index: number, around: Surroundings) {
    this.#index = index;
    this.#around = around;
    this.#process = new SimulatedProcess(`${this.#name}#0`, around.network.time, index);
    this.#process.kill();
  }

  get #name(): string {
    return 'abc'[this.#index]!;
  }
  get process(): SimulatedProcess {
    return this.#process;
  }
  get isRunning(): boolean {
    return this.#process.isUp && this.#app?.state === 'running';
  }

  start(): void {
    if (!this.#process.isDown) return;
    const { network } = this.#around;
    const process = new SimulatedProcess(`${this.#name}#${++this.#runs}`, network.time, this.#index);
    this.#process = process;
    const app = new StreamsApp(this.#around.scenario.topology(process.clock), this.#config(process));
    this.#app = app;
    this.#around.trace(`${process.name} starts`);
    let hasRun = false;
    app.listen({
      onStateChange: ({ to, error }) => {
        if (to === 'running') hasRun = true;
        if (to === 'error') this.#failed(process, error!, hasRun);
      },
    });
    app.start().catch(() => {}); // its state tells
  }

  crash(downMs: number): void {
    if (this.#process.isDown) return;
    this.#around.trace(`${this.#process.name} crashes`);
    this.#down(this.#process, downMs);
  }

  restart(downMs: number): void {
    const process = this.#process;
    if (!process.isUp) return;
    this.#around.trace(`${process.name} stops`);
    const stopped = () => this.#down(process, downMs);
    this.#app!.stop({ timeoutMs: STOP_TIMEOUT_MS }).then(stopped, stopped);
  }

  freeze(forMs: number): void {
    const process = this.#process;
    if (!process.isUp) return;
    this.#around.trace(`${process.name} freezes for ${Math.round(forMs)}`);
    process.freeze();
    this.#around.network.time.after(forMs, () => process.thaw());
  }

  #down(process: SimulatedProcess, downMs: number): void {
    if (process.isDown) return;
    process.kill();
    this.#around.network.time.after(downMs, () => this.start());
  }

  /** A cluster that is away when it starts is for the supervisor; once it runs, it waits for it. */
  #failed(process: SimulatedProcess, error: Error, hasRun: boolean): void {
    if (hasRun || !(error instanceof LogError)) this.#around.onFailure(error);
    this.#around.trace(`${process.name} ends: ${error.message}`);
    this.#down(process, RESTART_MS);
  }

  #config(process: SimulatedProcess): StreamsConfig & Instruments {
    const { network, cluster, random, scenario, settings, without, beforeStep } = this.#around;
    const connection: ConnectionOptions = { process, network, cluster, random };
    const simulated = new SimulatedLog(connection);
    const log =
      beforeStep === null ? simulated : watchCommitSteps(simulated, (step) => beforeStep(process, step));
    const { commitIntervalMs, maxCachedBytes, maxPendingBytes, durableStores } = settings;
    return {
      applicationId: APPLICATION_ID,
      processingGuarantee: scenario.guarantee,
      log: without.length === 0 ? log : new MutatedLog(log, without),
      stores: durableStores ? this.#durableStores(process) : inMemoryStores(),
      clock: process.clock,
      pacing: process.pacing,
      logger: this.#logger(process),
      commitIntervalMs,
      maxCachedBytes,
      maxPendingBytes,
      ...TIMEOUTS,
    };
  }

  #durableStores(process: SimulatedProcess): StorePort {
    const { network, stores, without } = this.#around;
    const simulated = new SimulatedStores({ process, network, server: stores });
    return without.includes('check of what was read') ? new UncheckedStores(simulated) : simulated;
  }

  #logger(process: SimulatedProcess): Logger {
    return { log: (level, text) => this.#around.trace(`${process.name} ${level}: ${text}`) };
  }
}
