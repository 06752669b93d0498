/** What the engine asks of the process it runs in. */
import type { RecordOrigin } from '../record/record.ts';

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

/** Follows records through tasks. Contexts are W3C's, as a `traceparent` header has them: 00-<trace id>-<span id>-<flags>. */
export interface Tracing {
  /** A task has begun to process what its next commit will carry. */
  startBatch(at: { readonly application: string; readonly taskId: string }): BatchTrace;
}

/** What a task does between two commits. */
export interface BatchTrace {
  /** For what it writes without a traced record to come from: a window that closed. null: the batch is not sampled. */
  readonly traceparent: string | null;
  /** The batch processes a record that carries this context. Gives the one for what becomes of it; null: its own goes on. */
  record(traceparent: string, at: RecordOrigin): string | null;
  /** It is committed, or failed with `error`: then all of it happens again. */
  end(outcome: { readonly numRecords: number; readonly error?: Error }): void;
}

/** Where measurements go. What happens rarely is pushed, per batch or commit; what records do is counted by the engine in plain
 *  numbers, and read when somebody collects. */
export interface Telemetry {
  count(name: string, by: number, attributes?: MetricAttributes): void;
  record(name: string, value: number, attributes?: MetricAttributes): void;
  /** `metrics` gives all that can be read now, whenever it is called. Gives back what ends that. Left out: nothing is read. */
  observe?(metrics: () => readonly Metric[]): () => void;
}
