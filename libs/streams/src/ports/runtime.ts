/** What the engine asks of the process it runs in. */

export interface Clock {
  nowMs(): number;
  /** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
  delay(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Logger {
  log(
    level: 'debug' | 'info' | 'warn' | 'error',
    text: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void;
}

/** One call per batch or commit, never per record. */
export interface Telemetry {
  count(name: string, by: number, attributes?: Readonly<Record<string, string>>): void;
  record(name: string, value: number, attributes?: Readonly<Record<string, string>>): void;
}
