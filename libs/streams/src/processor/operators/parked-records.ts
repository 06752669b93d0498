/** Records that wait for state to be read from the store: the operator parks them in order, the task lets one round trip
 *  bring all missing entries (`drain`), then they are processed in the order they came. Once one is parked, all behind it are. */
import type { CapturedRecord, Holder, OperatorContext } from '../operator.ts';
import type { StateSegment, StateStore } from '../../state/state-store.ts';

export interface ParkedRecord {
  readonly key: unknown;
  readonly value: unknown;
  readonly timestampMs: number;
  /** The watermark when it came: lateness is judged by it, not by what came after. */
  readonly watermarkMs: number;
  readonly origin: CapturedRecord;
}

/** So much waits for one round trip; a turn has fewer records, unless each becomes many on the way here. */
const MAX_RECORDS = 4_096;
const MAX_BYTES = 4 * 1024 * 1024;

export class ParkedRecords implements Holder {
  readonly limit = 1;
  readonly #context: OperatorContext;
  readonly #state: StateStore;
  readonly #process: (record: ParkedRecord) => void;
  #records: ParkedRecord[] = [];
  #wanted = new Map<StateSegment, Map<unknown, unknown>>();
  #bytes = 0;

  constructor(context: OperatorContext, state: StateStore, process: (record: ParkedRecord) => void) {
    this.#context = context;
    this.#state = state;
    this.#process = process;
  }

  get held(): number {
    return this.#records.length;
  }

  get isFull(): boolean {
    return this.#records.length >= MAX_RECORDS || this.#bytes >= MAX_BYTES;
  }

  /** The watermark of the oldest; Infinity: none is held. */
  get oldestWatermarkMs(): number {
    return this.#records[0]?.watermarkMs ?? Infinity;
  }

  /** Notes an entry to load, unless it is known. */
  want(segment: StateSegment, id: unknown, key: unknown): void {
    if (this.#state.isKnown(segment, id)) return;
    let keys = this.#wanted.get(segment);
    if (keys === undefined) this.#wanted.set(segment, (keys = new Map()));
    keys.set(id, key);
  }

  park(key: unknown, value: unknown, timestampMs: number): void {
    this.#bytes += this.#context.record.sizeBytes;
    this.#records.push({
      key,
      value,
      timestampMs,
      watermarkMs: this.#context.time.watermarkMs,
      origin: this.#context.record.capture(),
    });
  }

  async drain(): Promise<void> {
    while (this.#wanted.size > 0) {
      const wanted = this.#wanted;
      this.#wanted = new Map(); // an operator before this one may let records go meanwhile
      await this.#state.load(wanted);
    }
    this.#bytes = 0;
    while (this.#records.length > 0) this.#passOn(this.#records.shift()!);
  }

  room(): Promise<void> {
    return this.drain();
  }

  #passOn(record: ParkedRecord): void {
    this.#context.record.restore(record.origin);
    this.#process(record);
  }
}
