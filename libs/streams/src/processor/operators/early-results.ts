/** Results of windows that are still open (`emit: { everyMs }`): at multiples of an interval of stream time, those that changed.
 *  E1 Stream time is cut into intervals. What changed in one is given when the watermark reaches its end, before the record that
 *     moved it counts; of a window that closes by that end only its last result is given. Where the watermark stands by then does not
 *     matter: it goes on by several records before an operator that few of them reach is told.
 *  E2 State says in which interval it last changed. Intervals that the committed watermark has passed were given by that commit. So
 *     a restart neither gives a result again, nor forgets one (D10, D15).
 *  E3 A window that is not all in memory is read through, and not kept there. Nothing counts meanwhile. */
import type { StateEntry, StateSegment, StateStore } from '../../state/state-store.ts';
import type { CurrentRecord } from '../operator.ts';
import type { EarlyAggregate } from './early-aggregate.serde.ts';

/** Where the interval begins that this time lies in. Before the first time is known it is one interval. */
export function intervalStartMs(everyMs: number, watermarkMs: number): number {
  return Math.floor(Math.max(watermarkMs, -1) / everyMs) * everyMs;
}

export interface EarlyResultsOptions {
  readonly state: StateStore;
  readonly everyMs: number;
  readonly record: CurrentRecord;
  /** Whether a window has not closed by then, the end of an interval. */
  readonly isOpen: (segment: StateSegment, endMs: number) => boolean;
  /** Passes on the result of an entry. */
  readonly give: (entry: StateEntry) => void;
}

export class EarlyResults {
  readonly #options: EarlyResultsOptions;
  /** Where the interval begins that has not been given. */
  #startMs = -Infinity;
  /** Windows in which something may have changed since then. */
  #changed = new Set<StateSegment>();
  /** Of them, those that are to be given and must be read. */
  #unread: StateSegment[] = [];
  /** Where the interval begins that comes when they are given. */
  #nextStartMs = -Infinity;

  constructor(options: EarlyResultsOptions) {
    this.#options = options;
  }

  begin(watermarkMs: number): void {
    const { state, everyMs } = this.#options;
    this.#startMs = intervalStartMs(everyMs, watermarkMs);
    this.#changed = new Set(state.segments.values());
  }

  /** Nothing is due before the watermark reaches this. */
  get nextMs(): number {
    return this.#startMs + this.#options.everyMs;
  }
  /** All that is still to be given changed from then on. */
  get ceilingMs(): number {
    return this.#startMs;
  }
  get held(): number {
    return this.#unread.length;
  }

  note(entry: StateEntry): void {
    (entry.value as EarlyAggregate).changedInMs = this.#startMs;
    this.#changed.add(entry.segment);
  }

  /** What is not given at once is `held`: then nothing may change before `drain` has ended. */
  advance(watermarkMs: number): void {
    const endMs = this.nextMs;
    if (this.held > 0 || watermarkMs < endMs) return;
    this.#nextStartMs = intervalStartMs(this.#options.everyMs, watermarkMs);
    for (const segment of this.#changed) {
      if (segment.dropped || !this.#options.isOpen(segment, endMs)) continue;
      if (segment.complete) this.#giveAll(segment);
      else this.#unread.push(segment);
    }
    this.#changed.clear();
    if (this.held === 0) this.#startMs = this.#nextStartMs;
  }

  #giveAll({ entries }: StateSegment): void {
    this.#options.record.without(() => {
      for (const entry of entries.values()) this.#giveChanged(entry);
    });
  }

  #giveChanged(entry: StateEntry): void {
    if ((entry.value as EarlyAggregate).changedInMs >= this.#startMs) this.#options.give(entry);
  }

  async drain(): Promise<void> {
    const { state, record } = this.#options;
    while (this.held > 0) {
      for await (const entry of state.scan(this.#unread[0]!)) record.without(() => this.#giveChanged(entry));
      this.#unread.shift();
      if (this.held === 0) this.#startMs = this.#nextStartMs;
    }
  }
}
