/** A session store as a processor sees it. Sessions of a key that end within one bucket of time are one entry, so that a bucket
 *  goes in one step when its sessions are over by the retention (Kafka Streams: SessionKeySchema over segments). */
import type { KeyValue, MaybePromise, TimeSpan, Windowed } from '../../../record/record.ts';
import type { StateSegment } from '../../../state/state-store.ts';
import type { SessionSearch, SessionStore } from '../../../topology/stores/session-store.ts';
import { after, type EntryAccess } from './entry-access.ts';
import { Retention } from './retention.ts';
import { Turns, type WaitFor } from './turns.ts';
import type { StoredSession } from './sessions.serde.ts';

export class SessionView implements SessionStore<unknown, unknown> {
  readonly #entries: EntryAccess;
  readonly #bucketMs: number;
  readonly #retention: Retention;
  readonly #turns: Turns;

  constructor(entries: EntryAccess, waitFor: WaitFor) {
    const { windowSizeMs, retentionMs } = entries.state.declaration;
    this.#entries = entries;
    this.#bucketMs = windowSizeMs!;
    this.#retention = new Retention(entries.state, retentionMs!);
    this.#turns = new Turns(entries.state, waitFor);
  }

  advance(watermarkMs: number): void {
    this.#retention.advance(watermarkMs);
  }

  async *findSessions(
    key: unknown,
    { earliestEndMs, latestStartMs }: SessionSearch,
  ): AsyncIterable<KeyValue<Windowed<unknown>, unknown>> {
    const found = await this.#inTurn(key, () => this.#readSince(earliestEndMs, key));
    const sessions = found
      .flat()
      .filter(({ startMs, endMs }) => endMs >= earliestEndMs && startMs <= latestStartMs)
      .sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs);
    for (const { startMs, endMs, value } of sessions)
      yield { key: { key, window: { startMs, endMs } }, value };
  }

  fetchSession(key: unknown, window: TimeSpan): MaybePromise<unknown> {
    const bucket = this.#entries.state.segments.get(this.#bucketOf(window.endMs));
    if (bucket === undefined) return undefined;
    return this.#inTurn(key, () =>
      after(this.#read(bucket, key), (sessions) => sessions.find((one) => isSame(one, window))?.value),
    );
  }

  put({ key, window }: Windowed<unknown>, value: unknown): MaybePromise<void> {
    const id = this.#bucketOf(window.endMs);
    if (this.#retention.isGone(id)) return;
    const isDeleted = value === null || value === undefined;
    if (isDeleted && !this.#entries.state.segments.has(id)) return;
    const bucket = this.#entries.state.segment(id);
    return this.#inTurn(key, () =>
      after(this.#read(bucket, key), (sessions) => {
        const others = sessions.filter((one) => !isSame(one, window));
        this.#write(bucket, key, isDeleted ? others : [...others, { ...window, value }]);
      }),
    );
  }

  #write(bucket: StateSegment, key: unknown, sessions: readonly StoredSession[]): void {
    if (bucket.dropped) return;
    if (sessions.length === 0) this.#entries.remove(bucket, key);
    else this.#entries.write(bucket, key, sessions);
  }

  remove(session: Windowed<unknown>): MaybePromise<void> {
    return this.put(session, null);
  }

  #inTurn<T>(key: unknown, action: () => MaybePromise<T>): MaybePromise<T> {
    return this.#turns.take(this.#entries.state.identify(key), action);
  }

  #bucketOf(endMs: number): number {
    return Math.floor(endMs / this.#bucketMs) * this.#bucketMs;
  }

  async #readSince(earliestEndMs: number, key: unknown): Promise<(readonly StoredSession[])[]> {
    const first = this.#bucketOf(earliestEndMs);
    const buckets = [...this.#entries.state.segments.values()].filter(({ id }) => (id as number) >= first);
    return Promise.all(buckets.map(async (bucket) => this.#read(bucket, key)));
  }

  #read(bucket: StateSegment, key: unknown): MaybePromise<readonly StoredSession[]> {
    return after(
      this.#entries.read(bucket, key),
      (entry) => (entry?.value ?? []) as readonly StoredSession[],
    );
  }
}

function isSame(session: TimeSpan, { startMs, endMs }: TimeSpan): boolean {
  return session.startMs === startMs && session.endMs === endMs;
}
