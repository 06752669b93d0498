/** Which rows a suppression holds back, in order of the time they are due. Their values are in the store; this is in memory, and made
 *  anew from the store when a task is opened. */
import { TimerQueue } from '../../../state/timer-queue.ts';

export interface Held {
  readonly dueMs: number;
  readonly id: unknown;
  readonly key: unknown;
  bytes: number;
}

export class HeldRows {
  readonly #byId = new Map<unknown, Held>();
  /** Also of rows that were taken before their time: those are skipped when their turn comes. */
  readonly #queue = new TimerQueue<Held>();
  bytes = 0;

  get count(): number {
    return this.#byId.size;
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
    this.#byId.delete(id);
    this.bytes -= held.bytes;
  }

  /** Removes those that are due, and gives them in order of time. */
  takeDue(watermarkMs: number): Held[] {
    const due = this.#queue.take(watermarkMs).filter((held) => this.#byId.get(held.id) === held);
    for (const { id } of due) this.remove(id);
    return due;
  }

  /** Removes the one that is due first. */
  takeFirst(): Held | undefined {
    while (this.count > 0) {
      const first = this.#queue.takeFirst()!;
      if (this.#byId.get(first.id) !== first) continue;
      this.remove(first.id);
      return first;
    }
    return undefined;
  }
}
