import { TopologyError } from '../../errors/streams.error.ts';
import { sessionsSerde } from '../../processor/operators/process/sessions.serde.ts';
import type { KeyValue, MaybePromise, TimeSpan, Windowed } from '../../record/record.ts';
import type { Serde } from '../../serde/serde.ts';
import { defineStore, type DefinedStoreOptions, type StoreDefinition } from './store-definition.ts';

/** Sessions that end at `earliestEndMs` or later and start at `latestStartMs` or before. For a record at t and a gap g:
 *  those from t − g to t + g. */
export interface SessionSearch {
  readonly earliestEndMs: number;
  readonly latestStartMs: number;
}

export interface ReadOnlySessionStore<K, out V> {
  /** In order of their starts. */
  findSessions(key: K, search: SessionSearch): AsyncIterable<KeyValue<Windowed<K>, V>>;
  /** The session with exactly this span. */
  fetchSession(key: K, session: TimeSpan): MaybePromise<V | undefined>;
}
/** Values by key and span of time, both ends included; several of one key may lie side by side (Kafka Streams: SessionStore). They
 *  go when they are over by `retentionMs`, by stream time. */
export interface SessionStore<K, in out V> extends ReadOnlySessionStore<K, V> {
  /** Beyond its retention a write is dropped. null and undefined delete. Await it before the next of this key is looked for. */
  put(session: Windowed<K>, value: V | null | undefined): MaybePromise<void>;
  remove(session: Windowed<K>): MaybePromise<void>;
}

export interface SessionStoreOptions<K, V> extends DefinedStoreOptions<K, V> {
  /** From the end of a session; at least gap + grace of what is kept there. */
  readonly retentionMs: number;
}

/** As Kafka Streams' segments: no store has more than three of them at a time. */
const MIN_BUCKET_MS = 60_000;

/** @throws TopologyError for a retention that is no time */
export function sessionStore<K, V>({
  name,
  key,
  value,
  changelog,
  retentionMs,
}: SessionStoreOptions<K, V>): StoreDefinition<SessionStore<K, V>, ReadOnlySessionStore<K, V>> {
  if (!Number.isSafeInteger(retentionMs) || retentionMs <= 0) {
    throw new TopologyError(
      `Cannot declare store ${name}: retentionMs is ${String(retentionMs)}; it must be a whole number of milliseconds above 0.`,
    );
  }
  const bucketMs = Math.max(MIN_BUCKET_MS, Math.floor(retentionMs / 2));
  return defineStore('session', {
    name,
    kind: 'window',
    key: key as Serde<unknown>,
    value: sessionsSerde(value as Serde<unknown>) as Serde<unknown>,
    changelog,
    retentionMs: retentionMs + bucketMs,
    windowSizeMs: bucketMs,
  });
}
