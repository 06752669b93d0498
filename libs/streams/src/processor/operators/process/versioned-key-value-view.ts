/** A versioned key-value store as a processor sees it: the latest values in one store, what they were before in another, as the rows
 *  of versioned tables are kept (see `VersionHistory`). */
import { ProcessingError } from '../../../errors/streams.error.ts';
import type { MaybePromise, TimeSpan } from '../../../record/record.ts';
import type { StateEntry, StateSegment, StateStore } from '../../../state/state-store.ts';
import type {
  VersionedKeyValueStore,
  VersionedRecord,
} from '../../../topology/stores/versioned-key-value-store.ts';
import type { RowVersion } from '../rows/row-versions.serde.ts';
import type { VersionHistory } from '../rows/version-history.ts';
import { after } from './entry-access.ts';
import { Turns, type WaitFor } from './turns.ts';

const ALWAYS: TimeSpan = { startMs: 0, endMs: Infinity };

export class VersionedKeyValueView implements VersionedKeyValueStore<unknown, unknown> {
  readonly #state: StateStore;
  readonly #history: VersionHistory;
  readonly #turns: Turns;
  #watermarkMs = -Infinity;

  constructor(state: StateStore, history: VersionHistory, waitFor: WaitFor) {
    this.#state = state;
    this.#history = history;
    this.#turns = new Turns(state, waitFor);
  }

  advance(watermarkMs: number): void {
    if (!(watermarkMs > this.#watermarkMs)) return;
    this.#watermarkMs = watermarkMs;
    this.#history.forget(watermarkMs);
  }

  get(key: unknown, asOfMs = Infinity): MaybePromise<VersionedRecord<unknown> | undefined> {
    return this.#inTurn(key, () =>
      after(this.#latest(key), (latest) => {
        if (latest !== undefined && latest.timestampMs <= asOfMs) return latestOf(latest);
        if (asOfMs === Infinity || this.#isForgotten(asOfMs)) return undefined;
        return after(this.#known(key, asOfMs), () => this.#versionAt(key, asOfMs));
      }),
    );
  }

  async *versions(key: unknown, span: TimeSpan = ALWAYS): AsyncIterable<VersionedRecord<unknown>> {
    for (const version of await this.#inTurn(key, () => this.#within(key, span))) yield version;
  }

  /** Of what held before the history begins nothing is given, also where it still lies in a bucket. */
  #within(key: unknown, span: TimeSpan): MaybePromise<readonly VersionedRecord<unknown>[]> {
    const fromMs = Math.max(span.startMs, this.#history.beginsAtMs(this.#watermarkMs));
    return after(this.#latest(key), (latest) =>
      after(this.#known(key, fromMs), () => {
        const versions = [...this.#history.versionsSince(this.#state.identify(key), fromMs)]
          .filter((version) => version.toMs > fromMs && version.fromMs <= span.endMs)
          .flatMap((version) => recordOf(version) ?? [])
          .sort((a, b) => a.timestampMs - b.timestampMs);
        return latest !== undefined && latest.timestampMs <= span.endMs
          ? [...versions, latestOf(latest)]
          : versions;
      }),
    );
  }

  put(key: unknown, value: unknown, timestampMs: number): MaybePromise<void> {
    this.#requireTime(timestampMs);
    if (this.#isForgotten(timestampMs)) return;
    return this.#inTurn(key, () =>
      after(this.#ready(key, timestampMs), () => this.#write(key, value ?? null, timestampMs)),
    );
  }

  delete(key: unknown, timestampMs: number): MaybePromise<VersionedRecord<unknown> | undefined> {
    this.#requireTime(timestampMs);
    if (this.#isForgotten(timestampMs)) return undefined;
    return this.#inTurn(key, () =>
      after(this.#ready(key, timestampMs), () => {
        const latest = this.#entryOf(key);
        const held =
          latest !== undefined && latest.timestampMs <= timestampMs
            ? latestOf(latest)
            : this.#versionAt(key, timestampMs);
        this.#write(key, null, timestampMs);
        return held;
      }),
    );
  }

  #write(key: unknown, value: unknown, timestampMs: number): void {
    const state = this.#state;
    const id = state.identify(key);
    const latest = this.#entryOf(key);
    if (!this.#history.take(latest, id, key, value, timestampMs)) return;
    if (value !== null) {
      const entry = latest ?? state.create(this.#segment, id, key, value);
      entry.value = value;
      entry.timestampMs = timestampMs;
      state.touch(entry);
    } else if (latest !== undefined) state.remove(latest);
  }

  /** The latest entry, and the versions that a write of this time may touch, are in memory. */
  #ready(key: unknown, timestampMs: number): MaybePromise<void> {
    return after(this.#latest(key), () => this.#known(key, timestampMs));
  }

  /** The latest entry, where it is in memory. */
  #entryOf(key: unknown): StateEntry | undefined {
    return this.#segment.entries.get(this.#state.identify(key));
  }

  #latest(key: unknown): MaybePromise<StateEntry | undefined> {
    const segment = this.#segment;
    const id = this.#state.identify(key);
    if (this.#state.isKnown(segment, id)) return segment.entries.get(id);
    return this.#state.load(new Map([[segment, new Map([[id, key]])]])).then(() => segment.entries.get(id));
  }

  #known(key: unknown, timestampMs: number): MaybePromise<void> {
    return this.#history.areKnown(key, timestampMs) ? undefined : this.#history.load(key, timestampMs);
  }

  #versionAt(key: unknown, timestampMs: number): VersionedRecord<unknown> | undefined {
    const version = this.#history.versionAt(this.#state.identify(key), timestampMs);
    return version && recordOf(version);
  }

  #isForgotten(timestampMs: number): boolean {
    return this.#history.isForgotten(timestampMs, this.#watermarkMs);
  }

  get #segment(): StateSegment {
    return this.#state.segment(null);
  }

  #inTurn<T>(key: unknown, action: () => MaybePromise<T>): MaybePromise<T> {
    return this.#turns.take(this.#state.identify(key), action);
  }

  #requireTime(timestampMs: number): void {
    if (Number.isSafeInteger(timestampMs) && timestampMs >= 0) return;
    throw new ProcessingError(
      `Cannot write to store ${this.#state.name}: the time is ${String(timestampMs)}; it must be a whole number of milliseconds, 0 or more.`,
    );
  }
}

function latestOf({ value, timestampMs }: StateEntry): VersionedRecord<unknown> {
  return { value, timestampMs, validToMs: null };
}

/** Nothing for a deletion that is kept. */
function recordOf({ value, fromMs, toMs }: RowVersion): VersionedRecord<unknown> | undefined {
  return value === null ? undefined : { value, timestampMs: fromMs, validToMs: toMs };
}
