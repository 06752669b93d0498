/** Timers in order of time: a binary heap. */
export interface Timer {
  readonly dueMs: number;
  readonly id: unknown;
  readonly key: unknown;
}

export class TimerQueue<T extends { readonly dueMs: number } = Timer> {
  readonly #heap: T[] = [];

  get size(): number {
    return this.#heap.length;
  }
  get nextMs(): number {
    return this.#heap[0]?.dueMs ?? Infinity;
  }

  add(timer: T): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]!.dueMs <= timer.dueMs) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = timer;
  }

  /** Removes those up to `untilMs`, and gives them in order of time. */
  take(untilMs: number): T[] {
    const taken: T[] = [];
    while (this.#heap.length > 0 && this.nextMs <= untilMs) taken.push(this.takeFirst()!);
    return taken;
  }

  /** Removes the earliest, and gives it. */
  takeFirst(): T | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(timer: T): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.dueMs < heap[child]!.dueMs) child++;
      if (heap[child]!.dueMs >= timer.dueMs) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = timer;
  }
}
