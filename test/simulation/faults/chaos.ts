/** Makes the faults of a schedule happen: to requests as the network's fates, to everything else at their time. */
import type { Fate, Fates, Operation } from '../kernel/network.ts';
import type { Random } from '../kernel/random.ts';
import type { SimulatedProcess } from '../kernel/simulated-process.ts';
import type { VirtualTime } from '../kernel/virtual-time.ts';
import type { CommitStep } from '@hiveframe/streams-testing';
import {
  describeFault,
  type Fault,
  type RequestFault,
  type Service,
  type StepFault,
  type TimedFault,
} from './fault.ts';

/** What faults act on. */
export interface FaultyWorld {
  crash(instance: number, downMs: number): void;
  restart(instance: number, downMs: number): void;
  freeze(instance: number, forMs: number): void;
  expireMember(instance: number): void;
  rebalance(): void;
  expireTransactions(): void;
  /** Remembers the store server as it is; the result brings it back. */
  rollBackPoint(): () => void;
  wipe(): void;
  compact(): void;
  deleteOld(): void;
}

export interface ChaosOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly faults: readonly Fault[];
  /** How often a request is slow without any fault. */
  readonly slowShare: number;
  readonly trace: (line: string) => void;
}

const SERVICE_OF: Partial<Record<Operation, Service>> = {
  join: 'group',
  sync: 'group',
  heartbeat: 'group',
  leave: 'group',
  commitOffsets: 'group',
  committed: 'group',
  addOffsets: 'group',
  storeOpen: 'store',
  storeRead: 'store',
  storeFlush: 'store',
  storeClear: 'store',
};

interface Cut {
  readonly instance: number;
  readonly service: Service;
  readonly untilMs: number;
}

export class Chaos implements Fates {
  readonly #options: ChaosOptions;
  readonly #counts = new Map<Operation, number>();
  readonly #requests: readonly RequestFault[];
  readonly #steps: readonly StepFault[];
  readonly #stepCounts = new Map<CommitStep, number>();
  /** How often each kind of fault happened. */
  readonly happened = new Map<string, number>();
  #world: FaultyWorld | null = null;
  #cuts: Cut[] = [];
  #isOver = false;

  constructor(options: ChaosOptions) {
    this.#options = options;
    this.#requests = options.faults.filter((fault) => fault.kind === 'request');
    this.#steps = options.faults.filter((fault) => fault.kind === 'step');
  }

  start(world: FaultyWorld): void {
    this.#world = world;
    for (const fault of this.#options.faults) {
      if (fault.kind !== 'request' && fault.kind !== 'step') this.#arm(fault, world);
    }
  }

  /** From here on nothing goes wrong any more. */
  end(): void {
    this.#isOver = true;
    this.#cuts = [];
  }

  of(process: SimulatedProcess, operation: Operation): Fate {
    const fate = this.#usual();
    if (this.#isOver) return fate;
    const count = (this.#counts.get(operation) ?? 0) + 1;
    this.#counts.set(operation, count);
    const fault = this.#requests.find((one) => one.operation === operation && one.nth === count);
    if (fault !== undefined) return this.#faulty(fate, fault, process);
    return this.#reach(fate, process.instance, SERVICE_OF[operation] ?? 'log');
  }

  /** A process asks before a step of a commit, if any of them is to fail. */
  get watchesSteps(): boolean {
    return this.#steps.length > 0;
  }
  async before(process: SimulatedProcess, step: CommitStep): Promise<void> {
    if (this.#isOver || process.isDown) return;
    const count = (this.#stepCounts.get(step) ?? 0) + 1;
    this.#stepCounts.set(step, count);
    const fault = this.#steps.find((one) => one.step === step && one.nth === count);
    if (fault === undefined) return;
    this.#options.trace(`${process.name} ${describeFault(fault)}`);
    this.#count(`${fault.effect} before ${step}`);
    this.#world?.[fault.effect](process.instance, fault.ms);
    await process.delay(0); // never comes, or not before it thaws
  }

  #usual(): Fate {
    return { outMs: this.#latencyMs(), backMs: this.#latencyMs(), lost: null, afterwards: null };
  }
  #latencyMs(): number {
    const { random, slowShare } = this.#options;
    return random.chance(slowShare) ? random.between(2, 60) : random.between(0.1, 2);
  }

  #reach(fate: Fate, instance: number, service: Service): Fate {
    const { time, random } = this.#options;
    const cut = this.#cuts.find(
      (one) => one.service === service && one.untilMs > time.nowMs && [instance, -1].includes(one.instance),
    );
    if (cut === undefined) return fate;
    if (random.chance(0.5)) return { ...fate, lost: 'request' };
    return { ...fate, outMs: fate.outMs + cut.untilMs - time.nowMs };
  }

  #faulty(fate: Fate, fault: RequestFault, process: SimulatedProcess): Fate {
    this.#options.trace(`${process.name} ${describeFault(fault)}`);
    const { effect, ms } = fault;
    this.#count(effect);
    switch (effect) {
      case 'loseRequest':
        return { ...fate, lost: 'request' };
      case 'loseAnswer':
        return { ...fate, lost: 'answer' };
      case 'slowRequest':
        return { ...fate, outMs: ms };
      case 'slowAnswer':
        return { ...fate, backMs: ms };
      case 'crashBefore':
        this.#world?.crash(process.instance, ms);
        return fate;
      case 'crashAfter':
        return {
          ...fate,
          afterwards: () => this.#ifStill(process, (world) => world.crash(process.instance, ms)),
        };
      case 'freezeAfter':
        return {
          ...fate,
          afterwards: () => this.#ifStill(process, (world) => world.freeze(process.instance, ms)),
        };
    }
  }

  /** The sender may be another run of the instance by then. */
  #ifStill(process: SimulatedProcess, action: (world: FaultyWorld) => void): void {
    if (!process.isDown && !this.#isOver && this.#world !== null) action(this.#world);
  }

  #arm(fault: TimedFault, world: FaultyWorld): void {
    const { time, trace } = this.#options;
    if (fault.kind === 'rollBack') {
      this.#armRollBack(fault, world);
      return;
    }
    time.after(fault.atMs, () => {
      if (this.#isOver) return;
      trace(describeFault(fault));
      this.#count(fault.kind);
      this.#happen(fault, world);
    });
  }

  #count(kind: string): void {
    this.happened.set(kind, (this.happened.get(kind) ?? 0) + 1);
  }

  #armRollBack(fault: TimedFault & { readonly kind: 'rollBack' }, world: FaultyWorld): void {
    const { time, trace } = this.#options;
    time.after(fault.fromMs, () => {
      const rollBack = world.rollBackPoint();
      time.after(fault.atMs - fault.fromMs, () => {
        if (this.#isOver) return;
        trace(describeFault(fault));
        this.#count(fault.kind);
        rollBack();
      });
    });
  }

  #happen(fault: Exclude<TimedFault, { readonly kind: 'rollBack' }>, world: FaultyWorld): void {
    const { time } = this.#options;
    switch (fault.kind) {
      case 'crash':
        return world.crash(fault.instance, fault.downMs);
      case 'restart':
        return world.restart(fault.instance, fault.downMs);
      case 'freeze':
        return world.freeze(fault.instance, fault.forMs);
      case 'cut': {
        const { instance, service, forMs } = fault;
        this.#cuts.push({ instance, service, untilMs: time.nowMs + forMs });
        return;
      }
      case 'expireMember':
        return world.expireMember(fault.instance);
      case 'rebalance':
        return world.rebalance();
      case 'expireTransactions':
        return world.expireTransactions();
      case 'wipe':
        return world.wipe();
      case 'compact':
        return world.compact();
      case 'deleteOld':
        return world.deleteOld();
    }
  }
}
