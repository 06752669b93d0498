import type {
  LogPort,
  RestoreProgress,
  StreamsConfig,
  StreamsListener,
  StreamsState,
  Topology,
} from '@hiveframe/streams';
import type { RunnableApp, StreamsAppFactory } from '../src/interfaces/runnable-app.interface.ts';

/** A streams application whose state the test moves by hand. */
export class FakeApp implements RunnableApp {
  state: StreamsState = 'created';
  restoring: readonly RestoreProgress[] = [];
  topology: Topology | null | undefined;
  config: StreamsConfig | undefined;
  stopOptions: { readonly timeoutMs?: number } | undefined;
  starts = 0;
  readonly #listeners = new Set<StreamsListener>();
  readonly #started = Promise.withResolvers<void>();
  /** Replaces what `stop` waits for. */
  stopping: () => Promise<void> = () => Promise.resolve();

  readonly factory: StreamsAppFactory = (topology, config) => {
    this.topology = topology;
    this.config = config;
    return this;
  };
  listen(listener: StreamsListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  start(): Promise<void> {
    this.starts += 1;
    this.move('rebalancing');
    return this.#started.promise;
  }
  async stop(options?: { readonly timeoutMs?: number }): Promise<void> {
    this.stopOptions = options;
    this.move('stopping');
    await this.stopping();
    this.move('stopped');
  }
  tell(what: (listener: StreamsListener) => void): void {
    this.#listeners.forEach(what);
  }
  move(to: StreamsState, error?: Error): void {
    const from = this.state;
    this.state = to;
    if (to === 'running') this.#started.resolve();
    if (to === 'error') this.#started.reject(error);
    const change = error === undefined ? { from, to } : { from, to, error };
    for (const listener of this.#listeners) listener.onStateChange?.(change);
  }
}

/** Fails the test if anything touches it: no test of this package reaches the log. */
export const untouchedLog = new Proxy({} as LogPort, {
  get: (_, name) => {
    if (name === 'then' || typeof name === 'symbol') return undefined;
    throw new Error(`the log was touched: ${name}`);
  },
});
