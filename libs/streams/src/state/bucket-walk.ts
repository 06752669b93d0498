/** The segments of a window store that time has reached, each visited once, in order, when all of it is in memory.
 *  A segment is named by its first millisecond. */
import type { StateSegment, StateStore } from './state-store.ts';

export interface BucketWalkOptions {
  readonly state: StateStore;
  /** A bucket is reached when the watermark is so far behind its first millisecond. */
  readonly afterMs: number;
  readonly visit: (segment: StateSegment) => void;
}

export class BucketWalk {
  readonly reached = new Set<StateSegment>();
  readonly #options: BucketWalkOptions;
  /** Where the first bucket that is not reached begins. */
  #nextStartMs = -Infinity;
  #unread: StateSegment[] = [];

  constructor(options: BucketWalkOptions) {
    this.#options = options;
  }

  /** No bucket is reached before the watermark is this. */
  get nextMs(): number {
    return this.#nextStartMs + this.#options.afterMs;
  }

  /** Buckets were reached that are not all in memory: `load` them before others are visited. */
  get mustLoad(): boolean {
    return this.#unread.length > 0;
  }

  /** A bucket came into being, perhaps. */
  note({ id }: StateSegment): void {
    this.#nextStartMs = Math.min(this.#nextStartMs, id as number);
  }

  advance(watermarkMs: number): void {
    if (watermarkMs < this.nextMs) return;
    this.#nextStartMs = Infinity;
    const { state, afterMs } = this.#options;
    const segments = [...state.segments.values()].sort((a, b) => (a.id as number) - (b.id as number));
    for (const segment of segments) {
      if (this.reached.has(segment)) continue;
      if ((segment.id as number) + afterMs > watermarkMs) return this.note(segment);
      this.reached.add(segment);
      if (segment.complete && !this.mustLoad) this.#options.visit(segment);
      else this.#unread.push(segment);
    }
  }

  async load(): Promise<void> {
    while (this.#unread.length > 0) {
      const segment = this.#unread[0]!;
      await this.#options.state.loadAll(segment);
      this.#unread.shift();
      this.#options.visit(segment);
    }
  }

  /** Forgets a bucket for good. */
  drop(segment: StateSegment): void {
    this.reached.delete(segment);
    this.#options.state.drop(segment);
  }
}
