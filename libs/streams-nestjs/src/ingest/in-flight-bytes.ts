/** Bytes that are taken and not yet given back: what bounds the memory of all requests of an endpoint. */
export class InFlightBytes {
  readonly #max: number;
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get taken(): number {
    return this.#taken;
  }

  /** False when there is no room. What is larger than all of it fits while nothing else is there. */
  tryTake(bytes: number): boolean {
    if (this.#taken > 0 && this.#taken + bytes > this.#max) return false;
    this.#taken += bytes;
    return true;
  }

  /** Waits for room, first come first served. */
  async take(bytes: number): Promise<void> {
    while (!this.tryTake(bytes)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  give(bytes: number): void {
    this.#taken -= bytes;
    for (const resume of this.#waiting.splice(0)) resume();
  }
}
