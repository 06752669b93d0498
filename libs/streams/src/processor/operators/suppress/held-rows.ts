/** Which rows a suppression holds back, in order of the time they are due. Their values are in the store; this is in memory, and made
 *  anew from the store when a task is opened. */
import { TimerQueue } from '../../../state/timer-queue.ts';

/** So many removed ones do not matter. */
const FEW = 64;

export interface Held {
  readonly dueMs: number;
  readonly id: unknown;
  readonly key: unknown;
  bytes: number;
}

export class HeldRows {
  readonly #byId = new Map<unknown, Held>();
  /** Also of rows that were removed before their time: those are skipped when their turn comes. They are less than the others, or few:
   *  see `remove`. */
  #queue = new TimerQueue<Held>();
  bytes = 0;

  get count(): number {
    return this.#byId.size;
  }
  /** How many are in memory, with those that were removed. */
  get size(): number {
    return this.#queue.size;
  }
  /** No row is due earlier. */
  get nextMs(): number {
    return this.#queue.nextMs;
  }

  add(dueMs: number, id: unknown, key: unknown): Held {
    const held = { dueMs, id, key, bytes: 0 };
    this.#byId.set(id, held);
    this.#queue.add(held);
    return held;
  }

  resize(id: unknown, bytes: number): void {
    const held = this.#byId.get(id)!;
    this.bytes += bytes - held.bytes;
    held.bytes = bytes;
  }

  remove(id: unknown): void {
    const held = this.#byId.get(id);
    if (held === undefined) return;
    this.#taken(held);
    if (this.#queue.size > 2 * this.count + FEW) this.#rebuild();
  }

  #taken({ id, bytes }: Held): void {
    this.#byId.delete(id);
    this.bytes -= bytes;
  }

  #rebuild(): void {
    this.#queue = new TimerQueue();
    for (const held of this.#byId.values()) this.#queue.add(held);
  }

  /** Removes those that are due, and gives them in order of time. */
  takeDue(watermarkMs: number): Held[] {
    const due = this.#queue.take(watermarkMs).filter((held) => this.#byId.get(held.id) === held);
    for (const held of due) this.#taken(held);
    return due;
  }

  /** Removes the one that is due first. */
  takeFirst(): Held | undefined {
    while (this.count > 0) {
      const first = this.#queue.takeFirst()!;
      if (this.#byId.get(first.id) !== first) continue;
      this.#taken(first);
      return first;
    }
    return undefined;
  }
}
