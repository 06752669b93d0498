/** The punctuations of a processor in a task.
 *  P1 Those by stream time fire at multiples of their interval; those that the committed watermark had passed ran before that commit
 *     was sealed (D15). How far the clock had come for the others is committed with the offsets.
 *  P2 What is scheduled while records are processed is state, under its name: it is there, or gone, with the commit of the record that
 *     did it. After a restart it is read before anything is processed, and goes on as P1 says. */
import { ProcessingError } from '../../../errors/streams.error.ts';
import type { StateSegment, StateStore } from '../../../state/state-store.ts';
import type { PunctuationOptions } from '../../../topology/processor.ts';
import type { KeptPunctuation } from '../../../topology/stores/punctuation-store.ts';
import type { OperatorContext } from '../../operator.ts';
import { EntryAccess } from './entry-access.ts';

/** @param watermarkMs what those behind it have seen of time */
export type Fire = (nowMs: number, watermarkMs: number) => void | Promise<void>;

interface StreamTimer {
  readonly name: string;
  readonly everyMs: number;
  readonly fire: Fire;
  /** null: no time is known yet. */
  nextMs: number | null;
}
interface DueTimer {
  readonly dueMs: number;
  readonly timer: StreamTimer;
}
interface Kept extends KeptPunctuation {
  readonly end: () => void;
}

const NOTHING: readonly Fire[] = [];

export class Schedule {
  readonly #processor: string;
  readonly #context: OperatorContext;
  readonly #entries: EntryAccess | null;
  readonly #kept = new Map<string, Kept>();
  /** Of `create`. */
  readonly #names = new Set<string>();
  readonly #timers = new Set<StreamTimer>();
  /** None of them is due before this. */
  #nextMs = Infinity;
  /** Some do not know when they are due, for no time was known yet. */
  #isWithoutTime = false;
  /** The watermark when the task was opened; null: it was not said yet. */
  #openedMs: number | null = null;
  #timeMs = -1;
  mustLoad: boolean;

  /** @param state of those that are scheduled while records are processed; null: none may be */
  constructor(processor: string, context: OperatorContext, state: StateStore | null) {
    this.#processor = processor;
    this.#context = context;
    this.#entries = state && new EntryAccess(state, () => this.#timeMs);
    this.mustLoad = state !== null && !state.segment(null).complete;
  }

  /** Time has come so far, though nothing may be due of it yet. */
  begin(watermarkMs: number): void {
    this.#openedMs ??= watermarkMs;
    if (!this.#isWithoutTime || watermarkMs === -Infinity) return;
    this.#isWithoutTime = false;
    for (const timer of this.#timers) timer.nextMs ??= nextAfter(watermarkMs, timer.everyMs);
  }

  /** Those by stream time that are due: in order of their times, then of their names, so that a restart changes nothing. */
  takeDue(watermarkMs: number): readonly Fire[] {
    if (watermarkMs < this.#nextMs || this.#timers.size === 0) return NOTHING;
    const due: DueTimer[] = [];
    this.#nextMs = Infinity;
    for (const timer of this.#timers) {
      const { nextMs: dueMs, everyMs } = timer;
      if (dueMs === null || dueMs <= watermarkMs) timer.nextMs = nextAfter(watermarkMs, everyMs);
      if (dueMs !== null && dueMs <= watermarkMs) due.push({ dueMs, timer });
      this.#nextMs = Math.min(this.#nextMs, timer.nextMs ?? -Infinity);
    }
    if (due.length > 1) due.sort(byTimeAndName);
    return due.map(({ timer }) => timer.fire);
  }

  /** By `create`. Gives what ends it. */
  add({ name, everyMs, time }: PunctuationOptions, fire: Fire): () => void {
    this.#requireInterval(name, everyMs);
    this.#names.add(name);
    return this.#begin({ name, everyMs, time }, fire, null);
  }

  /** While a record or a punctuation is processed. */
  keep(options: PunctuationOptions, fire: Fire, timeMs: number, watermarkMs: number): void {
    const { name, everyMs, time } = options;
    this.#requireInterval(name, everyMs);
    if (this.#names.has(name)) throw this.#cannot(name, 'create schedules one of that name. Give it another');
    const entries = this.#requireStore(name);
    const before = this.#kept.get(name);
    if (before?.everyMs === everyMs && before.time === time) return;
    before?.end();
    this.#timeMs = timeMs;
    entries.write(this.#segment, name, { everyMs, time });
    this.#goOn(name, { everyMs, time }, fire, watermarkMs);
  }

  isKept(name: string): boolean {
    return this.#kept.has(name);
  }

  cancel(name: string): void {
    const kept = this.#kept.get(name);
    if (kept === undefined) return;
    kept.end();
    this.#kept.delete(name);
    this.#entries!.remove(this.#segment, name);
  }

  async load(fireOf: (name: string) => Fire): Promise<void> {
    if (!this.mustLoad) return;
    const found = new Map<string, KeptPunctuation>(); // first all of them: reading may fail, and begin anew
    for await (const { key, value } of this.#entries!.state.scan(this.#segment))
      found.set(key as string, value as KeptPunctuation);
    for (const [name, kept] of found) if (!this.#names.has(name)) this.#goOn(name, kept, fireOf(name), null);
    this.mustLoad = false;
  }

  /** @param watermarkMs when it was scheduled; null: before the task was opened */
  #goOn(name: string, { everyMs, time }: KeptPunctuation, fire: Fire, watermarkMs: number | null): void {
    this.#kept.set(name, { everyMs, time, end: this.#begin({ name, everyMs, time }, fire, watermarkMs) });
  }

  /** Gives what ends it. */
  #begin({ name, everyMs, time }: PunctuationOptions, fire: Fire, watermarkMs: number | null): () => void {
    if (time === 'wallClock') {
      const punctuate = (nowMs: number) => fire(nowMs, this.#context.time.watermarkMs);
      return this.#context.schedule({ everyMs, time, isNew: watermarkMs !== null, punctuate });
    }
    const sinceMs = watermarkMs ?? this.#openedMs;
    const timer = { name, everyMs, fire, nextMs: sinceMs === null ? null : nextAfter(sinceMs, everyMs) };
    this.#timers.add(timer);
    this.#nextMs = Math.min(this.#nextMs, timer.nextMs ?? -Infinity);
    if (timer.nextMs === null) this.#isWithoutTime = true;
    return () => void this.#timers.delete(timer);
  }

  get #segment(): StateSegment {
    return this.#entries!.state.segment(null);
  }

  #requireInterval(name: string, everyMs: number): void {
    if (Number.isFinite(everyMs) && everyMs > 0) return;
    throw this.#cannot(name, `everyMs is ${String(everyMs)}; it must be a number of milliseconds above 0`);
  }

  #requireStore(name: string): EntryAccess {
    if (this.#entries !== null) return this.#entries;
    throw this.#cannot(
      name,
      'it is processing already, so this would be lost with a restart. Schedule it while the processor is created, or set keepsPunctuations',
    );
  }

  #cannot(name: string, why: string): ProcessingError {
    return new ProcessingError(`Cannot schedule punctuation ${name} in ${this.#processor}: ${why}.`);
  }
}

function byTimeAndName(a: DueTimer, b: DueTimer): number {
  return a.dueMs - b.dueMs || (a.timer.name < b.timer.name ? -1 : 1);
}

/** null: no time is known yet. */
function nextAfter(watermarkMs: number, everyMs: number): number | null {
  return watermarkMs === -Infinity ? null : (Math.floor(watermarkMs / everyMs) + 1) * everyMs;
}
