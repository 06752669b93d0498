/** When the events of a file are due: event time, mapped onto the clock. */
import { ConfigError, type Clock } from '@hiveframe/streams';

/** Gives events at the pace at which they came about. */
export interface ReplayOptions<T> {
  /** 1: as fast as then; 10: ten times as fast; 'max': as fast as they can be read. @defaultValue 'max' */
  readonly speed?: number | 'max';
  /** Event time, epoch ms: what `speed` paces. */
  readonly eventTime: (event: T) => number;
  /** The event time that is due when the source starts. @defaultValue that of the first event, after each start */
  readonly startTimeMs?: number;
  /** No pause is longer, as the clock has it: a night without events is no night without them. @defaultValue 10_000 */
  readonly maxPauseMs?: number;
}

const DEFAULT_MAX_PAUSE_MS = 10_000;

/** @throws ConfigError */
export function checkReplay<T>(name: string, { speed, maxPauseMs }: ReplayOptions<T>): void {
  const isSpeed = speed === undefined || speed === 'max' || (Number.isFinite(speed) && speed > 0);
  const faults = [
    ...(isSpeed ? [] : [`replay.speed must be above 0, or 'max', is ${String(speed)}`]),
    ...(maxPauseMs === undefined || maxPauseMs >= 0
      ? []
      : [`replay.maxPauseMs must be 0 or more, is ${maxPauseMs}`]),
  ];
  if (faults.length > 0) throw new ConfigError(`Cannot make source ${name}: ${faults.join('; ')}.`);
}

/** The pace of one run of a source. */
export class ReplayPace<T> {
  readonly #options: ReplayOptions<T>;
  readonly #clock: Clock;
  /** This event time is due at that time of the clock. */
  #origin: { readonly eventMs: number; readonly dueMs: number } | null = null;

  constructor(options: ReplayOptions<T>, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** How long the event is still to wait; 0 for one that is due or overdue. Where a pause is capped, everything behind it comes
   *  so much sooner. */
  pauseMs(event: T): number {
    const { speed = 'max', eventTime, startTimeMs, maxPauseMs = DEFAULT_MAX_PAUSE_MS } = this.#options;
    if (speed === 'max') return 0;
    const eventMs = eventTime(event);
    if (!Number.isFinite(eventMs)) return 0;
    const nowMs = this.#clock.nowMs();
    this.#origin ??= { eventMs: startTimeMs ?? eventMs, dueMs: nowMs };
    const pauseMs = this.#origin.dueMs + (eventMs - this.#origin.eventMs) / speed - nowMs;
    if (pauseMs > maxPauseMs) this.#origin = { eventMs, dueMs: nowMs + maxPauseMs };
    return Math.min(Math.max(0, pauseMs), maxPauseMs);
  }
}
