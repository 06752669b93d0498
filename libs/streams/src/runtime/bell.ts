/** Wakes the one that waits for it. A ring that nobody waits for is kept for the next. */
export class Bell {
  #rung = false;
  #wake: (() => void) | null = null;

  ring(): void {
    if (this.#wake === null) this.#rung = true;
    else this.#wake();
    this.#wake = null;
  }

  /** Resolves with what `other` resolves with, or with null at a ring that comes before. */
  async orElse<T>(other: Promise<T>): Promise<T | null> {
    if (this.#rung) {
      this.#rung = false;
      return null;
    }
    const woken = new Promise<null>((resolve) => {
      this.#wake = () => resolve(null);
    });
    try {
      return await Promise.race([other, woken]);
    } finally {
      this.#wake = null;
    }
  }
}
