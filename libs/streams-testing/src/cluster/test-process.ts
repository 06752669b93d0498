/** What an instance lives in, for one run. All that it asks of log, stores and clock, and all answers, come through here.
 *  P1 Down is for ever: what it still asks for is not heard, and no answer reaches it. A restart is another process.
 *  P2 Frozen, it notices nothing; thawed, it goes on where it was: a zombie, if another one has taken over meanwhile. */
import { LogError } from '@hiveframe/streams';

/** What a zombie was not allowed to do. */
export interface Refusal {
  readonly by: 'log' | 'stores';
  readonly reason: string;
}

const never = new Promise<never>(() => {});

export class TestProcess {
  readonly refusals: Refusal[] = [];
  #state: 'up' | 'frozen' | 'down' = 'up';
  #halted = Promise.withResolvers<void>();
  #thawed = Promise.withResolvers<void>();

  get state(): 'up' | 'frozen' | 'down' {
    return this.#state;
  }

  /** Resolves when it is up no more. */
  get halted(): Promise<void> {
    return this.#halted.promise;
  }

  kill(): void {
    this.#state = 'down';
    this.#halted.resolve();
    this.#thawed.resolve();
  }

  freeze(): void {
    if (this.#state !== 'up') return;
    this.#state = 'frozen';
    this.#thawed = Promise.withResolvers<void>();
    this.#halted.resolve();
  }

  thaw(): void {
    if (this.#state !== 'frozen') return;
    this.#state = 'up';
    this.#halted = Promise.withResolvers<void>();
    this.#thawed.resolve();
  }

  /** Asks a service, and brings its answer. */
  async through<T>(ask: () => Promise<T>): Promise<T> {
    await this.#pass();
    try {
      return await ask();
    } catch (error) {
      if (error instanceof LogError && error.failure.kind === 'fenced') this.refuse('log', error.message);
      throw error;
    } finally {
      await this.#pass();
    }
  }

  refuse(by: Refusal['by'], reason: string): void {
    this.refusals.push({ by, reason });
  }

  async #pass(): Promise<void> {
    while (this.#state === 'frozen') await this.#thawed.promise;
    if (this.#state === 'down') await never;
  }
}
