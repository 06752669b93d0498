/** Everything that processes ask of the cluster and the stores goes through here: request there, execution, answer back.
 *  N1 What happens to a request is decided when it is sent (`Fates`); the asker may give up before it is executed, or after.
 *  N2 A request that has left outlives its sender. */
import type { SimulatedProcess } from './simulated-process.ts';
import type { VirtualTime } from './virtual-time.ts';

export type Operation =
  | 'describe'
  | 'create'
  | 'offsets'
  | 'committed'
  | 'deleteRecords'
  | 'deleteTopics'
  | 'fetch'
  | 'open'
  | 'send'
  | 'addOffsets'
  | 'commit'
  | 'abort'
  | 'join'
  | 'sync'
  | 'heartbeat'
  | 'leave'
  | 'commitOffsets'
  | 'storeOpen'
  | 'storeRead'
  | 'storeFlush'
  | 'storeClear';

export interface Fate {
  /** Until it is executed, and from there to the answer. */
  readonly outMs: number;
  readonly backMs: number;
  readonly lost: 'request' | 'answer' | null;
  /** At the instant of the execution, after it. */
  readonly afterwards: (() => void) | null;
}

export interface Fates {
  of(process: SimulatedProcess, operation: Operation): Fate;
}

/** Requests of one lane are executed in the order they were sent. */
export interface Lane {
  lastMs: number;
}

export interface CallOptions {
  readonly giveUpMs: number;
  readonly lane?: Lane;
}

/** No answer came in time: executed or not, now or later. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered';
}

export class Network {
  readonly time: VirtualTime;
  readonly #fates: Fates;

  constructor(time: VirtualTime, fates: Fates) {
    this.time = time;
    this.#fates = fates;
  }

  /** Never settles for a process that is down. Rejects with `Unanswered`, or with what the execution threw. */
  call<T>(
    from: SimulatedProcess,
    operation: Operation,
    execute: () => T | Promise<T>,
    options: CallOptions,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      if (from.isDown) return;
      const fate = this.#fates.of(from, operation);
      if (from.isDown) return;
      new Exchange(this.time, from, fate, { resolve, reject }, operation).run(execute, options);
    });
  }
}

interface Settler<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

class Exchange<T> {
  readonly #time: VirtualTime;
  readonly #from: SimulatedProcess;
  readonly #fate: Fate;
  readonly #asker: Settler<T>;
  readonly #operation: Operation;
  #isOver = false;
  #giveUpAtMs = 0;

  constructor(
    time: VirtualTime,
    from: SimulatedProcess,
    fate: Fate,
    asker: Settler<T>,
    operation: Operation,
  ) {
    this.#time = time;
    this.#from = from;
    this.#fate = fate;
    this.#asker = asker;
    this.#operation = operation;
  }

  run(execute: () => T | Promise<T>, { giveUpMs, lane }: CallOptions): void {
    const { outMs, backMs, lost } = this.#fate;
    const { nowMs } = this.#time;
    this.#giveUpAtMs = nowMs + giveUpMs;
    if (lost !== null || outMs + backMs >= giveUpMs) this.#armGiveUp();
    if (lost === 'request') return;
    const atMs = Math.max(nowMs + outMs, lane?.lastMs ?? 0);
    if (lane !== undefined) lane.lastMs = atMs;
    this.#time.at(atMs, () => this.#arrive(execute));
  }

  #armGiveUp(): void {
    this.#time.at(this.#giveUpAtMs, () => this.#settle(() => this.#giveUp()));
  }
  #giveUp(): void {
    this.#asker.reject(new Unanswered(`No answer to ${this.#operation} in time.`));
  }

  #arrive(execute: () => T | Promise<T>): void {
    let result: T | Promise<T>;
    try {
      result = execute();
    } catch (error) {
      this.#answer(() => this.#asker.reject(error));
      this.#fate.afterwards?.();
      return;
    }
    if (result instanceof Promise) this.#await(result);
    else this.#answer(() => this.#asker.resolve(result));
    this.#fate.afterwards?.();
  }

  #await(result: Promise<T>): void {
    if (this.#fate.lost === null) this.#armGiveUp();
    result.then(
      (value) => this.#answer(() => this.#asker.resolve(value)),
      (error: unknown) => this.#answer(() => this.#asker.reject(error)),
    );
  }

  #answer(action: () => void): void {
    if (this.#fate.lost === 'answer') return;
    this.#time.after(this.#fate.backMs, () => this.#settle(action));
  }

  #settle(action: () => void): void {
    if (this.#isOver) return;
    this.#from.deliver(() => {
      if (this.#isOver) return;
      this.#isOver = true;
      action();
    });
  }
}
