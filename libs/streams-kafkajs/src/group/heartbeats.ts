import { performance } from 'node:perf_hooks';
import { LogError } from '@hiveframe/streams';
import { atMost, delay, TOO_LATE } from '../cluster/backoff.ts';
import { Bell } from '../cluster/bell.ts';
import { BrokerError } from '../cluster/failures.ts';
import { toLogError } from '../log-failure.ts';
import { KafkaCode, UNAUTHORIZED } from '../protocol/error-codes.ts';

/** The group goes on without this member, or never took it. */
const MEMBERSHIP_OVER: ReadonlySet<number> = new Set([
  KafkaCode.UNKNOWN_MEMBER_ID,
  KafkaCode.ILLEGAL_GENERATION,
  KafkaCode.FENCED_INSTANCE_ID,
  ...UNAUTHORIZED,
]);
/** Pause after a heartbeat that did not reach the coordinator. */
const RETRY_PAUSE_MS = 100;

export interface HeartbeatOptions {
  readonly intervalMs: number;
  readonly sessionTimeoutMs: number;
  /** When the coordinator last heard of this member (`performance.now()`, when the request was sent). */
  readonly heardAtMs: number;
}

/** Keeps one generation's membership alive, in the background, and says when it is asked to rebalance or over. A member that
 *  had no answer for the session timeout (a frozen process, a lost broker) is out, whatever the broker will say later. */
export class Heartbeats {
  readonly #beat: () => Promise<unknown>;
  readonly #options: HeartbeatOptions;
  readonly #stop = new AbortController();
  readonly #change = new Bell();
  #heardAtMs: number;
  /** When the next heartbeat is to be sent. */
  #dueAtMs = Infinity;
  #isRebalancing = false;
  #lostBy: LogError | null = null;

  /** `beat` sends one heartbeat. @throws BrokerError, ConnectionFailure */
  constructor(beat: () => Promise<unknown>, options: HeartbeatOptions) {
    this.#beat = beat;
    this.#options = options;
    this.#heardAtMs = options.heardAtMs;
  }

  /** Checks the clock too: after a freeze it is asked before any timer has run. */
  get lostBy(): LogError | null {
    if (!this.#lostBy && this.#remainingMs() <= 0) this.lose(this.#expired());
    return this.#lostBy;
  }
  get isSteady(): boolean {
    return !this.#isRebalancing && this.lostBy === null && !this.#stop.signal.aborted;
  }

  start(): void {
    void this.#run();
  }
  stop(): void {
    this.#stop.abort();
    this.#change.ring();
  }
  lose(error: LogError): void {
    this.#lostBy ??= error;
    this.stop();
  }
  /** Resolves when the group rebalances, or the membership is lost, or `stop` was called. */
  async untilChange(): Promise<void> {
    while (this.isSteady) await this.#change.wait();
  }

  async #run(): Promise<void> {
    const { intervalMs } = this.#options;
    let pauseMs = intervalMs;
    for (;;) {
      this.#dueAtMs = performance.now() + pauseMs;
      await delay(pauseMs, this.#stop.signal);
      if (this.#stop.signal.aborted || this.lostBy) return;
      pauseMs = (await this.#once()) ? intervalMs : Math.min(RETRY_PAUSE_MS, intervalMs);
    }
  }

  /** True when the coordinator answered. */
  async #once(): Promise<boolean> {
    const sentAtMs = performance.now();
    this.#dueAtMs = Infinity;
    const beat = this.#beat().then(
      () => null,
      (error: unknown) => error,
    );
    const error = await atMost(this.#remainingMs(), beat);
    if (error === TOO_LATE) return false;
    if (error !== null && !this.#isAnswer(error)) return false;
    this.#heardAtMs = sentAtMs;
    return true;
  }

  #isAnswer(error: unknown): boolean {
    if (!(error instanceof BrokerError)) return false;
    if (error.code === KafkaCode.REBALANCE_IN_PROGRESS) {
      if (!this.#isRebalancing) this.#change.ring();
      this.#isRebalancing = true;
      return true;
    }
    if (MEMBERSHIP_OVER.has(error.code)) this.lose(toLogError(error, 'Cannot stay in the group'));
    return false;
  }

  #remainingMs(): number {
    return this.#heardAtMs + this.#options.sessionTimeoutMs - performance.now();
  }
  #expired(): LogError {
    const { sessionTimeoutMs, intervalMs } = this.#options;
    const lateMs = performance.now() - this.#dueAtMs;
    const stoodStill = `, because this process stood still for ${(lateMs / 1000).toFixed(1)} s (a function that does not give way, or a frozen machine)`;
    return new LogError(
      { kind: 'fenced' },
      `The membership of the group is over: no heartbeat was answered for ${sessionTimeoutMs} ms${lateMs > intervalMs ? stoodStill : ''}.`,
    );
  }
}
