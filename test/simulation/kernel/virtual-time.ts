/** Virtual time: events in order of their time, and whatever follows from each of them at once.
 *  V1 An event runs when all microtasks of the former one have run: between two events nothing is half done.
 *  V2 Nothing else may wake the code under test: no timers, no I/O. Then a run is a function of its seed.
 *  V3 Events of one instant run in the order they were asked for. */

export interface Scheduled {
  cancel(): void;
}

class Event implements Scheduled {
  readonly atMs: number;
  readonly order: number;
  #action: (() => void) | null;

  constructor(atMs: number, order: number, action: () => void) {
    this.atMs = atMs;
    this.order = order;
    this.#action = action;
  }
  get isCancelled(): boolean {
    return this.#action === null;
  }
  cancel(): void {
    this.#action = null;
  }
  run(): void {
    const action = this.#action;
    this.#action = null;
    action?.();
  }
}

export class VirtualTime {
  nowMs: number;
  eventCount = 0;
  /** A fold over the times of all events: two runs with the same one were the same run. */
  fingerprint = 0;
  readonly #heap: Event[] = [];
  #order = 0;

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  after(ms: number, action: () => void): Scheduled {
    return this.at(this.nowMs + Math.max(0, ms), action);
  }
  at(atMs: number, action: () => void): Scheduled {
    const event = new Event(Math.max(atMs, this.nowMs), this.#order++, action);
    push(this.#heap, event);
    return event;
  }

  /** When the next event is due; null: there is none. */
  get nextMs(): number | null {
    while (this.#heap[0]?.isCancelled === true) pop(this.#heap);
    return this.#heap[0]?.atMs ?? null;
  }

  /** Runs events until `isOver` says so before one of them, or none is left. Rejects with what an event threw. */
  run(isOver: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const step = (): void => {
        try {
          if (isOver() || !this.runNext()) return resolve();
        } catch (error) {
          return reject(error as Error);
        }
        whenAllIsDone(step);
      };
      whenAllIsDone(step);
    });
  }

  /** Runs the next event; false: there was none. */
  runNext(): boolean {
    if (this.nextMs === null) return false;
    const event = pop(this.#heap)!;
    this.nowMs = event.atMs;
    this.eventCount++;
    this.fingerprint = (Math.imul(this.fingerprint, 31) + Math.trunc(event.atMs * 1_000)) | 0;
    event.run();
    return true;
  }
}

/** Ticks come when the queue of microtasks is empty (V1), and cost no turn of the event loop. Asked for outside of a microtask, one
 *  would come before them. */
function whenAllIsDone(step: () => void): void {
  queueMicrotask(() => process.nextTick(step));
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

function push(heap: Event[], event: Event): void {
  let at = heap.length;
  heap.push(event);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(event, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = event;
}

function pop(heap: Event[]): Event | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return first;
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
    if (!isBefore(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return first;
}
