import type { Clock } from '@hiveframe/streams';
import type { StreamSource } from '@hiveframe/streams-connect';
import type { Reading } from './reading.ts';

export interface SimulatorOptions {
  readonly sensors: readonly string[];
  /** Of all sensors together. */
  readonly readingsPerSecond: number;
  /** The readings of so much time before its making come at once, so that the first windows close in seconds. */
  readonly backfillMs: number;
  readonly clock: Clock;
  /** Uniform in [0, 1). @defaultValue Math.random */
  readonly random?: () => number;
}

/** A machine that slept must not catch up on hours. */
const MAX_BEHIND_MS = 60_000;

/** Makes readings of random sensors at a steady rate: temperature 18 to 32 °C, humidity 30 to 90 %, evenly spread. */
export class SensorSimulator implements StreamSource<Reading> {
  readonly #options: SimulatorOptions;
  readonly #random: () => number;
  readonly #stopped = new AbortController();
  /** When the next reading is due; kept, so that a source started again goes on where it was. */
  #dueMs: number;

  constructor(options: SimulatorOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#dueMs = options.clock.nowMs() - options.backfillMs;
  }

  async *start(signal: AbortSignal): AsyncGenerator<Reading, void, undefined> {
    const { clock, backfillMs, readingsPerSecond } = this.#options;
    const ended = AbortSignal.any([signal, this.#stopped.signal]);
    while (!ended.aborted) {
      const waitMs = this.#dueMs - clock.nowMs();
      if (waitMs > 0) await clock.delay(waitMs, ended);
      if (ended.aborted) return;
      yield this.#reading(Math.trunc(this.#dueMs));
      const tooOldMs = clock.nowMs() - Math.max(MAX_BEHIND_MS, backfillMs);
      this.#dueMs = Math.max(this.#dueMs + 1_000 / readingsPerSecond, tooOldMs);
    }
  }

  stop(): void {
    this.#stopped.abort();
  }

  #reading(timestamp: number): Reading {
    const { sensors } = this.#options;
    const sensor_id = sensors[Math.floor(this.#random() * sensors.length)] ?? 'sensor-1';
    return { sensor_id, temperature: this.#between(18, 32), humidity: this.#between(30, 90), timestamp };
  }

  #between(low: number, high: number): number {
    return Math.round((low + this.#random() * (high - low)) * 100) / 100;
  }
}
