/** What flows: a record, its key, its window. */

export type Bytes = Uint8Array;
export type MaybePromise<T> = T | Promise<T>;
export type Headers = ReadonlyArray<readonly [name: string, value: Bytes | null]>;

export interface KeyValue<out K, out V> {
  readonly key: K;
  readonly value: V;
}

export interface StreamRecord<out K, out V> extends KeyValue<K, V> {
  readonly timestampMs: number;
  readonly headers?: Headers;
}

/** Where a record came from; absent for records that a punctuator made. */
export interface RecordOrigin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** Origin and raw bytes of an input record, for dead letters and for what is passed on later. */
export interface CapturedRecord extends RecordOrigin {
  readonly rawKey: Bytes | null;
  readonly rawValue: Bytes | null;
  readonly headers: Headers;
  readonly timestampMs: number;
}

/** Tumbling, hopping: [startMs, endMs). Sliding, session: both ends belong to the window. */
export interface TimeSpan {
  readonly startMs: number;
  readonly endMs: number;
}

export interface Windowed<out K> {
  readonly key: K;
  readonly window: TimeSpan;
}

/** Shows an intersection as one flat object, in hovers and in messages. */
export type Flatten<T> = { -readonly [K in keyof T]: T[K] } & {};

declare const key: unique symbol;
declare const value: unique symbol;
/** What a stream or table carries, without its methods: cheap to compare, covariant. Parameters ask for this. */
export interface Carries<out Kind extends string, out K, out V> {
  readonly kind: Kind;
  readonly [key]: K;
  readonly [value]: V;
}
