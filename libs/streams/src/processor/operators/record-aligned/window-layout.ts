/** How records decide where windows lie: sessions merge, sliding windows begin and end at records. */
import type { AggregateDefinition } from '../aggregate-definition.ts';
import type { KeyWindow, KeyWindows } from './key-windows.ts';

export interface RecordAlignedDefinition<
  K = unknown,
  V = unknown,
  A = unknown,
  R = unknown,
> extends AggregateDefinition<K, V, A, R> {
  /** The aggregate of two sessions that became one; may change `left`. Sessions only. */
  merger(left: A, right: A, key: K): A;
  /** One that may be changed without changing `aggregate`. */
  copy(aggregate: A): A;
}

export interface ArrivedRecord {
  readonly key: unknown;
  readonly value: unknown;
  readonly timestampMs: number;
}

export interface WindowLayout {
  /** A window is over when the watermark reaches this. */
  closesAtMs(window: { readonly startMs: number; readonly endMs: number }): number;
  /** The state of a closed window is not needed any more when the watermark reaches this; never before it closes. */
  forgetsAtMs(window: { readonly startMs: number; readonly endMs: number }): number;
  /** How long a window lives at most after the last record in it, about: timers lie in buckets of a fraction of it. */
  readonly spanMs: number;
  /** Oldest time that a result passed on from here may have, when all that closed before `watermarkMs` was passed on. */
  oldestResultMs(watermarkMs: number): number;
  /** D9: the time of a result. */
  resultTimeMs(window: KeyWindow): number;
  /** Counts the record in its windows, making and merging them; those that changed and are open are marked as changed. The results
   *  of windows that are over were passed on before, and what can be forgotten is gone from `of`.
   *  False: it is late for all of them, and nothing was changed. */
  add(record: ArrivedRecord, of: KeyWindows, watermarkMs: number): boolean;
}
