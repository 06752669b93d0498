/** Processors whose calls run side by side: no stores, no timers, and as many records under way as they allow (Flink: AsyncFunction). */
import type { AsyncOptions } from '../processor/operators/async-options.ts';
import type { MaybePromise, RecordOrigin, StreamRecord } from '../record/record.ts';
import type { Serde } from '../serde/serde.ts';
import type { Forwarded, ProcessorOutput } from './processor.ts';

export interface AsyncContext<in KR, in VR, in O = {}> {
  /** Ends with the timeout of the attempt, or the task. */
  readonly signal: AbortSignal;
  readonly origin: RecordOrigin;
  /** Passed on when the call has ended well, in the order of the option; that of an attempt that fails is forgotten. A record
   *  without headers gets those of the record that is processed. After the end of the call it throws. */
  readonly forward: (record: Forwarded<KR, VR>) => void;
  /** To an output that the processor declared. */
  readonly forwardTo: <N extends keyof O & string>(
    output: N,
    record: O[N] extends ProcessorOutput<infer KO, infer VO> ? Forwarded<KO, VO> : never,
  ) => void;
}

export interface AsyncProcessOptions<K, V, KR, VR, O> extends AsyncOptions {
  /** What `forward` takes. @defaultValue the types of the input */
  readonly output?: { readonly key: Serde<KR>; readonly value: Serde<VR> };
  /** For `forwardTo`. @defaultValue none */
  readonly outputs?: O;
  /** Once for each attempt. What it throws, or a timeout, ends the attempt; after the last one the record has failed. */
  readonly process: (record: StreamRecord<K, V>, context: AsyncContext<KR, VR, O>) => MaybePromise<void>;
}

/** Answers kept per task, in memory: they are gone with it. */
export interface LookupCache {
  /** Those that were not asked for the longest go first. */
  readonly maxEntries: number;
  readonly ttlMs: number;
  /** Of answers that there is nothing; 0: those are not kept. @defaultValue ttlMs */
  readonly missingTtlMs?: number;
}

export interface AsyncLookupOptions<K, V, KL, VL, VR> extends AsyncOptions {
  /** What is asked for; null and undefined: nothing, and the record goes on without. */
  readonly keyOf: (value: V, key: K) => KL | null | undefined;
  /** Asked once for all records under way that want the same key. null and undefined: there is nothing. */
  readonly lookup: (lookupKey: KL, signal: AbortSignal) => MaybePromise<VL | null | undefined>;
  readonly joiner: (value: V, found: VL | null, key: K) => VR;
  /** @defaultValue none: every record asks anew, unless the same is being asked for */
  readonly cache?: LookupCache;
}
