/** How the restores of one process share it with each other and with the tasks that run already.
 *  R1 At most `slots` long replays at once: each reads ahead and holds connections. Short ones need no slot.
 *  R2 One slice of replaying, of whatever store, in each turn of the event loop: processing, heartbeats and the answers of log and
 *     stores come between two of them. */

/** Replays shorter than this do not wait for longer ones: about one slice. */
const SHORT_OFFSETS = 10_000;
const DEFAULT_SLOTS = 4;

export interface RestoreTurnsOptions {
  /** Lets the other events of the process happen. */
  breathe(): Promise<void>;
  /** @defaultValue 4 */
  readonly slots?: number;
}

export class RestoreTurns {
  readonly #options: RestoreTurnsOptions;
  #free: number;
  #queue: (() => void)[] = [];
  #lastTurn: Promise<void> = Promise.resolve();

  constructor(options: RestoreTurnsOptions) {
    this.#options = options;
    this.#free = options.slots ?? DEFAULT_SLOTS;
  }

  /** Replays so many offsets when there is a slot for it. @throws the reason of the signal when that comes first */
  async replay<T>(offsets: number, signal: AbortSignal, replay: () => Promise<T>): Promise<T> {
    if (offsets < SHORT_OFFSETS) return replay();
    await this.#enter(signal);
    try {
      return await replay();
    } finally {
      this.#leave();
    }
  }

  /** Resolves when the next slice may run. */
  slice(): Promise<void> {
    this.#lastTurn = this.#lastTurn.then(() => this.#options.breathe());
    return this.#lastTurn;
  }

  async #enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = (): void => {
      this.#queue = this.#queue.filter((waiting) => waiting !== resolve);
      reject(signal.reason as Error);
    };
    this.#queue.push(resolve);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** The slot goes to whoever has waited longest. */
  #leave(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
