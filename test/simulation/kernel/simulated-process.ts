/** One run of a process: what happens in it happens through here.
 *  P1 Down is for ever: what is on its way to it gets lost, what it asks for is not heard. A restart is another process.
 *  P2 Frozen, it notices nothing; when it wakes up, all that waited arrives, in order: a zombie that goes on where it was. */
import type { Clock } from '@hiveframe/streams';
import type { Pacing } from '@hiveframe/streams/internal';
import type { VirtualTime } from './virtual-time.ts';

/** The engine's pause while tasks are held is short; nothing is to be seen in it. */
const SHORTEST_PAUSE_MS = 10;
/** What a round of the worker takes. */
const TURN_MS = 0.05;

export class SimulatedProcess {
  readonly name: string;
  /** Of which instance it is a run. */
  readonly instance: number;
  readonly time: VirtualTime;
  readonly clock: Clock;
  readonly pacing: Pacing;
  #state: 'up' | 'frozen' | 'down' = 'up';
  #waiting: (() => void)[] = [];
  /** What keeps hold of those who sleep: signals outlive a process that is down. */
  readonly #sleepers = new Set<() => void>();

  constructor(name: string, time: VirtualTime, instance = 0) {
    this.name = name;
    this.instance = instance;
    this.time = time;
    this.clock = {
      nowMs: () => Math.floor(time.nowMs),
      delay: (ms, signal) => this.delay(ms, signal),
    };
    this.pacing = {
      elapsedMs: () => time.nowMs,
      breathe: () => this.delay(TURN_MS),
      pause: (ms) => this.delay(Math.max(ms, SHORTEST_PAUSE_MS)),
    };
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }
  get isDown(): boolean {
    return this.#state === 'down';
  }

  /** Something arrives: an answer, a timer. */
  deliver(action: () => void): void {
    if (this.#state === 'up') action();
    else if (this.#state === 'frozen') this.#waiting.push(action);
  }

  delay(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const forget = (): void => {
        timer.cancel();
        signal?.removeEventListener('abort', wake);
        this.#sleepers.delete(forget);
      };
      const wake = (): void => {
        forget();
        resolve();
      };
      const timer = this.time.after(ms, () => this.deliver(wake));
      signal?.addEventListener('abort', wake);
      this.#sleepers.add(forget);
    });
  }

  kill(): void {
    this.#state = 'down';
    this.#waiting = [];
    for (const forget of this.#sleepers) forget();
  }

  freeze(): void {
    if (this.#state === 'up') this.#state = 'frozen';
  }

  /** One thing at a time, each with all that follows from it (V1). */
  thaw(): void {
    if (this.#state !== 'frozen') return;
    const next = this.#waiting.shift();
    if (next === undefined) {
      this.#state = 'up';
      return;
    }
    next();
    this.time.after(0, () => this.thaw());
  }
}
