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

export type MetricAttributes = Readonly<Record<string, string>>;

/** A number that the engine keeps anyway, as it stands now. */
export interface Metric {
  /** In Kafka Streams' words, with its unit: `records-lag`, `watermark-delay-ms`. */
  readonly name: string;
  /** counter: only rises, and begins at 0 again when its task is opened anew. */
  readonly kind: 'counter' | 'gauge';
  readonly value: number;
  readonly attributes: MetricAttributes;
}

/** Where measurements go. What happens rarely is pushed, per batch or commit; what records do is counted by the engine in plain
 *  numbers, and read when somebody collects. */
export interface Telemetry {
  count(name: string, by: number, attributes?: MetricAttributes): void;
  record(name: string, value: number, attributes?: MetricAttributes): void;
  /** `metrics` gives all that can be read now, whenever it is called. Gives back what ends that. Left out: nothing is read. */
  observe?(metrics: () => readonly Metric[]): () => void;
}
