/** Records that wait for state to be read: operators park them in the order they came, the task lets one round trip bring all
 *  missing entries (`drain`), then they are processed in that order. Operators that share state share a lane.
 *  L1 Once a record is parked, all behind it are, at whatever operator of the lane (`isClear`): each sees the state as those before
 *     it left it.
 *  L2 A record that is processed here goes all its way before the next. What it parks in turn waits in front of the others.
 *  L3 One drains at a time. A second one waits for the first, and leaves what failed to it. */
import type { StateSegment, StateStore } from '../../state/state-store.ts';
import type { CapturedRecord, Holder, OperatorContext } from '../operator.ts';

export interface ParkedRecord {
  readonly key: unknown;
  readonly value: unknown;
  /** Behind tables: the row before, null if there was none. */
  readonly previous?: unknown;
  readonly timestampMs: number;
  /** The operator's watermark when it came: lateness is judged by it, not by what came after. */
  readonly watermarkMs: number;
  readonly origin: CapturedRecord;
}

/** What a record is parked for. */
export interface Parking {
  readonly context: OperatorContext;
  /** What must happen before the record is processed; undefined: nothing. @defaultValue nothing */
  before?(record: ParkedRecord): Promise<void> | undefined;
  process(record: ParkedRecord): void;
}

interface Waiting {
  readonly record: ParkedRecord;
  readonly at: Parking;
}

/** So much waits for one round trip; a turn has fewer records, unless each becomes many on the way here. */
const MAX_RECORDS = 4_096;
const MAX_BYTES = 4 * 1024 * 1024;

export class Lane implements Holder {
  readonly limit = 1;
  #waiting: Waiting[] = [];
  #wanted = new Map<StateStore, Map<StateSegment, Map<unknown, unknown>>>();
  #wantedWhole = new Map<StateSegment, StateStore>();
  #bytes = 0;
  /** Of all that was parked since none was. */
  #oldestWatermarkMs = Infinity;
  /** While a parked record is processed: how many of those in front it has parked in turn; else -1. */
  #nested = -1;
  #draining: Promise<void> | null = null;

  get held(): number {
    return this.#waiting.length;
  }
  get isFull(): boolean {
    return this.#waiting.length >= MAX_RECORDS || this.#bytes >= MAX_BYTES;
  }
  /** No record is before the one that comes now. */
  get isClear(): boolean {
    return this.#nested < 0 ? this.#waiting.length === 0 : this.#nested === 0;
  }
  /** No record that is held came at an earlier watermark; Infinity: none is held. */
  get oldestWatermarkMs(): number {
    return this.#waiting.length === 0 ? Infinity : this.#oldestWatermarkMs;
  }

  /** Notes an entry to load, unless it is known. */
  want(state: StateStore, segment: StateSegment, id: unknown, key: unknown): void {
    if (state.isKnown(segment, id)) return;
    let segments = this.#wanted.get(state);
    if (segments === undefined) this.#wanted.set(state, (segments = new Map()));
    let keys = segments.get(segment);
    if (keys === undefined) segments.set(segment, (keys = new Map()));
    keys.set(id, key);
  }

  /** Notes a segment to load whole, unless it is. */
  wantAll(state: StateStore, segment: StateSegment): void {
    if (!segment.complete) this.#wantedWhole.set(segment, state);
  }

  park(at: Parking, key: unknown, value: unknown, timestampMs: number, previous?: unknown): void {
    const { record, time } = at.context;
    const { watermarkMs } = time;
    if (this.#waiting.length === 0 || watermarkMs < this.#oldestWatermarkMs)
      this.#oldestWatermarkMs = watermarkMs;
    this.#bytes += record.sizeBytes;
    const parked = { key, value, previous, timestampMs, watermarkMs, origin: record.capture() };
    if (this.#nested < 0) this.#waiting.push({ record: parked, at });
    else this.#waiting.splice(this.#nested++, 0, { record: parked, at });
  }

  async drain(): Promise<void> {
    if (this.#draining !== null) return this.#draining.catch(() => {});
    this.#draining = this.#drain();
    try {
      await this.#draining;
    } finally {
      this.#draining = null;
    }
  }

  room(): Promise<void> {
    return this.drain();
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      if (this.#wanted.size > 0 || this.#wantedWhole.size > 0) {
        await this.#load();
        continue;
      }
      const { record, at } = this.#waiting[0]!;
      const before = at.before?.(record);
      if (before === undefined) this.#processFirst();
      else await before; // and ask again
    }
    this.#bytes = 0;
  }

  async #load(): Promise<void> {
    const wanted = this.#wanted;
    const wantedWhole = this.#wantedWhole;
    this.#wanted = new Map(); // an operator before these may let records go meanwhile
    this.#wantedWhole = new Map();
    await Promise.all([
      ...Array.from(wanted, ([state, segments]) => state.load(segments)),
      ...Array.from(wantedWhole, ([segment, state]) => state.loadAll(segment)),
    ]);
  }

  #processFirst(): void {
    const { record, at } = this.#waiting.shift()!;
    at.context.record.restore(record.origin);
    this.#nested = 0;
    try {
      at.process(record);
    } finally {
      this.#nested = -1;
    }
  }
}
