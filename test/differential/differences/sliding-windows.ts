/** Sliding windows. One that is open holds every record of its span that was not late, also one whose own window, which ends at it, had
 *  closed when it came. Kafka Streams keeps no closed window, and begins an open one with what the window before it has counted: so it
 *  misses such a record (KStreamSlidingWindowAggregate, `updateWindowAndForward` and `createWindows`).
 *  From such a record on, its key is compared with what windows hold by definition; all else with Kafka Streams. */
import type { Case, InputRecord, OutputRecord, Outputs, WindowCase } from '../case.ts';
import { append, groupOf } from '../topologies/functions.ts';

interface Counted {
  readonly value: string;
  readonly timestampMs: number;
  /** Windows that ended before this had closed when it came. */
  readonly closedBeforeMs: number;
}
interface SlidingCase extends WindowCase {
  readonly window: { readonly kind: 'sliding'; readonly differenceMs: number };
}

export function isSliding(topology: WindowCase): topology is SlidingCase {
  return topology.window.kind === 'sliding';
}

export function withWholeWindows({ steps }: Case, topology: SlidingCase, outputs: Outputs): Outputs {
  const windows = new SlidingWindows(topology);
  const missed = new Set<string>();
  return outputs.map((step, at) => {
    const results: OutputRecord[] = [];
    for (const record of steps[at]!) {
      results.push(...windows.take(record));
      if (windows.cameBehindItsWindow !== null) missed.add(windows.cameBehindItsWindow);
    }
    const isMissed = ([key]: OutputRecord): boolean => missed.has(key!.slice(0, key!.indexOf('@')));
    return [...step.filter((result) => !isMissed(result)), ...results.filter(isMissed)];
  });
}

/** What windows hold by definition: all records, looked through for each result. */
export class SlidingWindows {
  readonly #topology: SlidingCase;
  readonly #differenceMs: number;
  readonly #records = new Map<string, Counted[]>();
  readonly #given = new Set<string>();
  #newestMs = 0;
  /** The key of the record that was taken last, if that came behind its own window; else null. */
  cameBehindItsWindow: string | null = null;

  constructor(topology: SlidingCase) {
    this.#topology = topology;
    this.#differenceMs = topology.window.differenceMs;
  }

  take([, written, value, timestampMs]: InputRecord): OutputRecord[] {
    this.cameBehindItsWindow = null;
    const key = this.#topology.regroup && value !== null ? groupOf(value) : written;
    if (key === null || value === null) return [];
    this.#newestMs = Math.max(this.#newestMs, timestampMs);
    const closedBeforeMs = this.#newestMs - this.#topology.graceMs;
    const isLate = timestampMs + this.#differenceMs < closedBeforeMs;
    const before = this.#startsOf(key);
    if (!isLate) {
      if (Math.max(timestampMs, this.#differenceMs) < closedBeforeMs) this.cameBehindItsWindow = key;
      this.#recordsOf(key).push({ value, timestampMs, closedBeforeMs });
    }
    if (this.#topology.emit === 'final') return this.#closed(closedBeforeMs);
    if (isLate) return [];
    const changed = [...this.#startsOf(key)].filter(
      (startMs) =>
        startMs + this.#differenceMs >= closedBeforeMs &&
        (this.#holds(startMs, timestampMs) || (startMs === timestampMs + 1 && !before.has(startMs))),
    );
    return changed.map((startMs) => this.#result(key, startMs));
  }

  #recordsOf(key: string): Counted[] {
    const records = this.#records.get(key) ?? [];
    this.#records.set(key, records);
    return records;
  }

  #holds(startMs: number, timestampMs: number): boolean {
    return startMs <= timestampMs && timestampMs <= startMs + this.#differenceMs;
  }

  /** In the order they came, those that came while the window was open. */
  #heldBy(key: string, startMs: number): Counted[] {
    return this.#recordsOf(key).filter(
      ({ timestampMs, closedBeforeMs }) =>
        this.#holds(startMs, timestampMs) && closedBeforeMs <= startMs + this.#differenceMs,
    );
  }

  /** A window ends at each record, if it is not over when the record comes, and one begins behind it; empty ones are none. */
  #startsOf(key: string): Set<number> {
    const starts = this.#recordsOf(key).flatMap(({ timestampMs, closedBeforeMs }) => {
      const startMs = Math.max(0, timestampMs - this.#differenceMs);
      return startMs + this.#differenceMs < closedBeforeMs ? [timestampMs + 1] : [startMs, timestampMs + 1];
    });
    return new Set(starts.filter((startMs) => this.#heldBy(key, startMs).length > 0));
  }

  #closed(closedBeforeMs: number): OutputRecord[] {
    return [...this.#records.keys()].flatMap((key) =>
      [...this.#startsOf(key)]
        .filter((startMs) => startMs + this.#differenceMs < closedBeforeMs)
        .filter((startMs) => this.#given.size < this.#given.add(`${key}@${startMs}`).size)
        .map((startMs) => this.#result(key, startMs)),
    );
  }

  #result(key: string, startMs: number): OutputRecord {
    const held = this.#heldBy(key, startMs);
    const newestMs = Math.max(...held.map(({ timestampMs }) => timestampMs));
    return [`${key}@${startMs}-${startMs + this.#differenceMs}`, this.#aggregate(held), newestMs];
  }

  #aggregate(held: readonly Counted[]): string {
    const values = held.map(({ value }) => value);
    switch (this.#topology.aggregation) {
      case 'count':
        return String(values.length);
      case 'reduce':
        return values.reduce(append);
      case 'aggregate':
        return values.reduce(append, '');
    }
  }
}
