/** The application's states and the legal moves between them.
 *
 *   created ──► rebalancing ◄──► running
 *      │            │               │
 *      ▼            ▼               ▼
 *   stopped ◄── stopping        (any) ──► error */
import { InvariantError } from '../errors/streams.error.ts';

export type StreamsState = 'created' | 'rebalancing' | 'running' | 'stopping' | 'stopped' | 'error';

export interface StateChange {
  readonly from: StreamsState;
  readonly to: StreamsState;
  readonly error?: Error;
}

const LEGAL: Readonly<Record<StreamsState, readonly StreamsState[]>> = {
  created: ['rebalancing', 'stopped'],
  rebalancing: ['running', 'stopping', 'error'],
  running: ['rebalancing', 'stopping', 'error'],
  stopping: ['stopped', 'error'],
  stopped: [],
  error: [],
};

export class AppState {
  #current: StreamsState = 'created';
  #error: Error | undefined;
  #listener: (change: StateChange) => void = () => {};

  get current(): StreamsState {
    return this.#current;
  }
  get error(): Error | undefined {
    return this.#error;
  }
  listen(listener: (change: StateChange) => void): void {
    this.#listener = listener;
  }

  /** @throws InvariantError for a move that makes no sense */
  move(to: StreamsState, error?: Error): void {
    const from = this.#current;
    if (!LEGAL[from].includes(to))
      throw new InvariantError(`An application cannot go from ${from} to ${to}.`);
    this.#current = to;
    this.#error = error;
    this.#listener({ from, to, ...(error === undefined ? {} : { error }) });
  }

  /** Moves if that is legal and a change; else nothing. */
  tryMove(to: StreamsState): void {
    if (LEGAL[this.#current].includes(to)) this.move(to);
  }
}
