/** What the rows of a versioned table were (KIP-889; Kafka Streams: VersionedKeyValueStore). The row of now is in the table's own
 *  store; what it was before lies here, each version with the time from which and until which it held.
 *  H1 A version lies in the bucket of its end, one segment of a window store each: buckets go whole, when all that ended in them is
 *     older than the history retention (D14).
 *  H2 So what held at a time is in the bucket of that time or a later one, or is the row of now.
 *  H3 Where no version is, there was no row. A deletion is kept all the same: it ends what an older update begins later. */
import type { StateEntry, StateSegment, StateStore } from '../../../state/state-store.ts';
import type { Lane } from '../lane.ts';
import type { RowVersion } from './row-versions.serde.ts';

type Versions = StateEntry<RowVersion[]>;
interface Found {
  readonly entry: Versions;
  readonly version: RowVersion;
}

export class VersionHistory {
  readonly #state: StateStore;
  readonly #retentionMs: number;
  readonly #bucketMs: number;
  /** What ended by then was forgotten. */
  #goneUntilMs = -Infinity;

  /** @param state a window store of row versions, whose retention is that of the history, and whose windows are the buckets */
  constructor(state: StateStore) {
    this.#state = state;
    this.#retentionMs = state.declaration.retentionMs!;
    this.#bucketMs = state.declaration.windowSizeMs!;
  }

  /** Versions that ended longer ago than the retention are forgotten. */
  forget(watermarkMs: number): void {
    this.#goneUntilMs = Math.max(this.#goneUntilMs, watermarkMs - this.#retentionMs);
    for (const segment of this.#state.segments.values())
      if (this.#isGone(segment.id as number)) this.#state.drop(segment);
  }

  #isGone(bucketStartMs: number): boolean {
    return bucketStartMs + this.#bucketMs <= this.#goneUntilMs;
  }

  /** Whether all versions that held at this time or later are in memory. */
  areKnown(key: unknown, timestampMs: number): boolean {
    const id = this.#state.identify(key);
    for (const segment of this.#from(timestampMs)) if (!this.#state.isKnown(segment, id)) return false;
    return true;
  }

  want(lane: Lane, key: unknown, timestampMs: number): void {
    const id = this.#state.identify(key);
    for (const segment of this.#from(timestampMs)) lane.want(this.#state, segment, id, key);
  }

  *#from(timestampMs: number): Iterable<StateSegment> {
    const startMs = this.#startOf(timestampMs);
    for (const segment of this.#state.segments.values()) if ((segment.id as number) >= startMs) yield segment;
  }

  #startOf(timestampMs: number): number {
    return timestampMs - (timestampMs % this.#bucketMs);
  }

  /** Reads all versions that held at this time or later. */
  load(key: unknown, timestampMs: number): Promise<void> {
    const id = this.#state.identify(key);
    const keys = new Map([[id, key]]);
    const unknown = [...this.#from(timestampMs)].filter((segment) => !this.#state.isKnown(segment, id));
    return this.#state.load(new Map(unknown.map((segment) => [segment, keys])));
  }

  /** What the row was then; null: there was none, or it is too long ago. For times before that of the row of now. */
  at(id: unknown, timestampMs: number, watermarkMs: number): unknown {
    if (this.isForgotten(timestampMs, watermarkMs)) return null;
    return this.versionAt(id, timestampMs)?.value ?? null;
  }

  /** The version that held then, if it is still there. */
  versionAt(id: unknown, timestampMs: number): RowVersion | undefined {
    for (const version of this.versionsSince(id, timestampMs))
      if (version.fromMs <= timestampMs && timestampMs < version.toMs) return version;
    return undefined;
  }

  /** Versions in the buckets of this time and later, in no order. */
  *versionsSince(id: unknown, timestampMs: number): Iterable<RowVersion> {
    for (const { version } of this.#of(id, timestampMs)) yield version;
  }

  isForgotten(timestampMs: number, watermarkMs: number): boolean {
    return timestampMs < this.beginsAtMs(watermarkMs);
  }

  /** What held from then on is known. */
  beginsAtMs(watermarkMs: number): number {
    return watermarkMs - this.#retentionMs;
  }

  /** Takes an update. False: it is not the row of now, nor ends it, but goes into the history.
   *  @param latest the row of now, before the update */
  take(
    latest: StateEntry | undefined,
    id: unknown,
    key: unknown,
    value: unknown,
    timestampMs: number,
  ): boolean {
    if (latest !== undefined && timestampMs < latest.timestampMs) {
      this.#insert(id, key, value, timestampMs, latest.timestampMs);
      return false;
    }
    if (latest === undefined && this.#isOver(id, timestampMs)) {
      this.#insert(id, key, value, timestampMs, Infinity);
      return false;
    }
    if (latest !== undefined && latest.timestampMs < timestampMs)
      this.#add(id, key, { fromMs: latest.timestampMs, toMs: timestampMs, value: latest.value });
    else if (value === null) this.#add(id, key, { fromMs: timestampMs, toMs: timestampMs, value: null });
    return true;
  }

  /** Without a row of now: whether it is known that there was none at some later time. */
  #isOver(id: unknown, timestampMs: number): boolean {
    for (const { version } of this.#of(id, timestampMs)) if (version.toMs > timestampMs) return true;
    return false;
  }

  /** @param endMs where the row of now begins; Infinity: there is none */
  #insert(id: unknown, key: unknown, value: unknown, timestampMs: number, endMs: number): void {
    let toMs = endMs;
    for (const { entry, version } of this.#of(id, timestampMs)) {
      const { fromMs } = version;
      if (fromMs > timestampMs) toMs = Math.min(toMs, fromMs);
      if (fromMs > timestampMs || version.toMs <= timestampMs) continue;
      // it held then: from now on the update does, until the same end
      if (fromMs < timestampMs) this.#add(id, key, { ...version, toMs: timestampMs });
      this.#replace(entry, version, { ...version, fromMs: timestampMs, value });
      return;
    }
    this.#add(id, key, { fromMs: timestampMs, toMs, value });
  }

  *#of(id: unknown, timestampMs: number): Iterable<Found> {
    for (const segment of this.#from(timestampMs)) {
      const entry = segment.entries.get(id) as Versions | undefined;
      if (entry !== undefined) for (const version of entry.value) yield { entry, version };
    }
  }

  #add(id: unknown, key: unknown, version: RowVersion): void {
    const startMs = this.#startOf(version.toMs);
    if (this.#isGone(startMs)) return;
    const segment = this.#state.segment(startMs);
    const entry =
      (segment.entries.get(id) as Versions | undefined) ??
      this.#state.create<RowVersion[]>(segment, id, key, []);
    entry.value = [...entry.value, version];
    this.#changed(entry, version);
  }

  #replace(entry: Versions, version: RowVersion, by: RowVersion): void {
    entry.value = entry.value.map((one) => (one === version ? by : one));
    this.#changed(entry, by);
  }

  #changed(entry: Versions, { toMs }: RowVersion): void {
    entry.timestampMs = Math.max(entry.timestampMs, toMs);
    this.#state.touch(entry);
  }
}
