/** Those who are told what an application does. */
import type { Logger } from '../ports/runtime.ts';
import type { StateChange } from './app-state.ts';
import type { RestoreCallbacks } from './restore-monitor.ts';

export interface StreamsListener extends RestoreCallbacks {
  onStateChange?(change: StateChange): void;
}

export class Listeners {
  readonly #listeners = new Set<StreamsListener>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Gives back a function that removes it. */
  add(listener: StreamsListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A listener that throws is its own problem. */
  tell(what: (listener: StreamsListener) => void): void {
    for (const listener of this.#listeners) {
      try {
        what(listener);
      } catch (error) {
        this.#logger.log('error', `A listener threw: ${(error as Error).message}`);
      }
    }
  }
}
