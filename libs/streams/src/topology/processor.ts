/** The Processor API: a function of stores and time, where the DSL has no word (Kafka Streams: Processor, FixedKeyProcessor). */
import type { MaybePromise, RecordOrigin, StreamRecord } from '../record/record.ts';
import type { Serde } from '../serde/serde.ts';
import type { KStream } from './kstream.ts';
import type { Logger, Telemetry } from '../ports/runtime.ts';
import type { StoreDefinitions, StoresOf } from './stores/store-definition.ts';

export interface PunctuationOptions {
  /** The next firing is kept under this name, so that a restart neither loses nor repeats one. Of those that are scheduled while
   *  records are processed each name is one: scheduled again it is what it was, or what it is asked to be now. */
  readonly name: string;
  /** A number of milliseconds above 0. */
  readonly everyMs: number;
  /** stream: by the watermark, so a replay fires the same. wallClock: by the clock; what was missed while nothing ran fires once. */
  readonly time: 'stream' | 'wallClock';
}

/** A punctuation that was scheduled (Kafka Streams: Cancellable). */
export interface ScheduledPunctuation {
  /** It does not fire any more: one that was scheduled while records are processed for good, one that `create` schedules until the
   *  processor is created again. */
  cancel(): void;
}

/** A record that is passed on. Without headers it has those of the record that is processed. */
export type Forwarded<K, V> = StreamRecord<K, V>;

export interface ProcessorContext<in KR, in VR, out S extends StoreDefinitions, in O = {}> {
  readonly taskId: string;
  readonly applicationId: string;
  readonly partition: number;
  readonly stores: StoresOf<S>;
  /** The watermark, as far as records before this processor have gone; -Infinity before the first. */
  readonly streamTimeMs: number;
  /** By the application's clock: in a test it stands still (Kafka Streams: currentSystemTimeMs). */
  readonly nowMs: number;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  /** Only while a record is processed or a punctuation runs; afterwards it throws. */
  readonly forward: (record: Forwarded<KR, VR>) => void;
  /** To an output that the processor declared. */
  readonly forwardTo: <N extends keyof O & string>(
    output: N,
    record: O[N] extends ProcessorOutput<infer KO, infer VO> ? Forwarded<KO, VO> : never,
  ) => void;
  /** While the processor is created: with the function that it calls. Later, in `process` or a punctuation: without one, for it goes
   *  on after a restart, and calls the processor's `punctuate` with its name. That needs `keepsPunctuations`, and fires first when
   *  `everyMs` (a multiple of it, in stream time) has passed.
   *  @throws ProcessingError for an interval that is no time, a function that could not be kept, a processor without `punctuate` */
  readonly schedule: (
    options: PunctuationOptions,
    punctuate?: (nowMs: number) => MaybePromise<void>,
  ) => ScheduledPunctuation;
  /** The punctuation of this name that was scheduled while records were processed, perhaps before a restart. undefined: none is. */
  readonly scheduled: (name: string) => ScheduledPunctuation | undefined;
  /** Asks for a commit as soon as the task can, before its interval is over. Does not wait for it. */
  readonly commit: () => void;
}

export interface Processor<in K, in V> {
  /** Records come one by one. The task waits for a promise, and for nothing else. What it throws is the record's processing failure;
   *  what was written to stores before stays. */
  process(record: StreamRecord<K, V>, origin: RecordOrigin): MaybePromise<void>;
  /** Called by punctuations that were scheduled while records were processed. What it throws ends the application. */
  punctuate?(name: string, nowMs: number): MaybePromise<void>;
  /** The task ends here: nothing can be forwarded any more. */
  close?(): MaybePromise<void>;
}

/** A further output of a processor, and what becomes of it. */
export interface ProcessorOutput<K, V> {
  /** null: records without a key. */
  readonly key: Serde<K> | null;
  readonly value: Serde<V>;
  readonly to: (stream: KStream<K, V>) => void;
}

/** Declares one, with its types. */
export function processorOutput<K, V>(output: ProcessorOutput<K, V>): ProcessorOutput<K, V> {
  return output;
}
/** Outputs of whatever types, by name. */
export type ProcessorOutputs = Readonly<Record<string, AnyOutput>>;
interface AnyOutput {
  readonly key: unknown;
  readonly value: unknown;
  readonly to: (stream: never) => void;
}

export interface ProcessOptions<K, V, KR, VR, S extends StoreDefinitions, O> {
  /** Names the operator and what keeps its punctuations. */
  readonly name: string;
  /** Stores, declared by `keyValueStore`, `windowStore`, `sessionStore`, `listStore` or `versionedKeyValueStore`, and global
   *  tables to read. @defaultValue none */
  readonly stores?: S;
  /** What `forward` takes. @defaultValue the types of the input */
  readonly output?: { readonly key: Serde<KR>; readonly value: Serde<VR> };
  /** For `forwardTo`. @defaultValue none */
  readonly outputs?: O;
  /** Keys of key-value and list stores to read before the record is processed, in one round trip for many records. */
  readonly prefetch?: (record: StreamRecord<K, V>) => { readonly [N in keyof S]?: readonly unknown[] };
  /** Punctuations may be scheduled while records are processed: what is scheduled lies in a store, `<name>-punctuations`, and all of a
   *  task in memory. @defaultValue false: by `create` only */
  readonly keepsPunctuations?: boolean;
  /** Called once per task. */
  readonly create: (context: ProcessorContext<KR, VR, S, O>) => Processor<K, V>;
}

/** The key stays, so nothing behind repartitions (Kafka Streams: processValues, KIP-820). */
export interface ProcessValuesOptions<K, V, VR, S extends StoreDefinitions, O> extends Omit<
  ProcessOptions<K, V, K, VR, S, O>,
  'output' | 'create'
> {
  /** Of the results. @defaultValue that of the input */
  readonly value?: Serde<VR>;
  /** Called once per task. Forwarding another key than that of the record throws. */
  readonly create: (context: ProcessorContext<K, VR, S, O>) => Processor<K, V>;
}
