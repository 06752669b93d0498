/** Wakes whoever waits. Nothing is remembered: who comes after `fire` waits for the next one. */
export class Signal {
  #waiting = new Set<() => void>();

  fire(): void {
    const waiting = this.#waiting;
    if (waiting.size === 0) return;
    this.#waiting = new Set();
    for (const wake of waiting) wake();
  }

  /** Calls `wake` once, at the next `fire`; gives the way to call it off. */
  once(wake: () => void): () => void {
    this.#waiting.add(wake);
    return () => this.#waiting.delete(wake);
  }
}

/** Resolves when one of the signals fires, or after `maxWaitMs`. */
export function firstOf(signals: readonly Signal[], maxWaitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      for (const callOff of subscriptions) callOff();
      resolve();
    };
    const timer = setTimeout(done, maxWaitMs);
    const subscriptions = signals.map((signal) => signal.once(done));
  });
}
