/** All that crosses between host and thread, as plain data. No record ever does: each thread fetches its own. */
import type { Metric, MetricAttributes } from '../ports/runtime.ts';
import type { StreamsState } from '../runtime/app-state.ts';
import type { RestoreEvent } from '../state/restore/restore-progress.ts';
import type { CarriedError } from './carried-error.ts';

export interface ThreadOrder {
  /** Of the user's module. */
  readonly moduleUrl: string;
  /** From 1. */
  readonly number: number;
  readonly name: string;
  readonly numStreamThreads: number;
  readonly data: unknown;
  /** Whether anybody takes what is measured. */
  readonly isMeasured: boolean;
}

export interface StopOrder {
  readonly timeoutMs: number;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export interface TelemetryEvent {
  readonly method: 'count' | 'record';
  readonly name: string;
  readonly value: number;
  readonly attributes: MetricAttributes | undefined;
}

export type ThreadMessage =
  | { readonly kind: 'named'; readonly applicationId: string }
  | { readonly kind: 'state'; readonly state: StreamsState }
  | { readonly kind: 'started' }
  | {
      readonly kind: 'log';
      readonly level: LogLevel;
      readonly text: string;
      readonly fields: Readonly<Record<string, unknown>> | undefined;
    }
  | { readonly kind: 'telemetry'; readonly events: readonly TelemetryEvent[] }
  | { readonly kind: 'metrics'; readonly metrics: readonly Metric[] }
  | { readonly kind: 'restore'; readonly event: RestoreEvent }
  /** The application of the thread cannot go on; the thread ends next. */
  | { readonly kind: 'failed'; readonly error: CarriedError }
  /** As it was asked to; with what `stop` threw, if it did. The thread ends next. */
  | { readonly kind: 'stopped'; readonly error: CarriedError | null };
