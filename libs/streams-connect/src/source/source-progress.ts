import type { Clock } from '@hiveframe/streams';
import { Backoff } from './backoff.ts';
import type { SourceFailing, SourceState, SourceStatus } from './source-status.ts';

const FINAL: readonly SourceState[] = ['ended', 'failed', 'stopped'];

/** Where a source, or a split of one, stands; waits between its attempts. */
export class SourceProgress {
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  #state: SourceState = 'starting';
  #sinceMs: number;
  #failing: SourceFailing | undefined;

  constructor(backoffMs: number, clock: Clock) {
    this.#clock = clock;
    this.#backoff = new Backoff(backoffMs, clock);
    this.#sinceMs = clock.nowMs();
  }

  get status(): Pick<SourceStatus, 'state' | 'sinceMs' | 'failing'> {
    const failing = this.#failing;
    return { state: this.#state, sinceMs: this.#sinceMs, ...(failing !== undefined && { failing }) };
  }
  /** How long the next wait is. */
  get nextDelayMs(): number {
    return this.#backoff.nextMs;
  }

  /** What has ended has ended. */
  enter(state: SourceState): void {
    if (state === this.#state || FINAL.includes(this.#state)) return;
    this.#state = state;
    this.#sinceMs = this.#clock.nowMs();
  }

  /** Resolves when it is to be tried again, or at the abort; then it is where it was before. */
  async retry(error: unknown, signal: AbortSignal): Promise<void> {
    const before = this.#state;
    this.failed(error);
    this.enter('retrying');
    await this.#backoff.wait(signal);
    if (this.#state === 'retrying') this.enter(before);
  }

  /** Keeps why. */
  failed(error: unknown): void {
    const { sinceMs, failures } = this.#failing ?? { sinceMs: this.#clock.nowMs(), failures: 0 };
    this.#failing = { sinceMs, failures: failures + 1, reason: reasonOf(error) };
  }

  /** Whatever failed before is over. */
  succeeded(): void {
    this.#failing = undefined;
    this.#backoff.reset();
  }
}

/** Of one source, or one split. */
export type ProgressStatus = SourceProgress['status'];

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
