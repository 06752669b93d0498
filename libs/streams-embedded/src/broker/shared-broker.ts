import { closed } from '../log-failures.ts';
import type { ResolvedEmbeddedOptions } from '../options.ts';
import { Broker } from './broker.ts';

/** The one broker behind any number of clients: opened when first needed, closed by the last client. */
export class SharedBroker {
  readonly #options: ResolvedEmbeddedOptions;
  #broker: Broker | null = null;
  #clients = 0;
  #closed = false;

  constructor(options: ResolvedEmbeddedOptions) {
    this.#options = options;
  }

  /** @throws LogError `unavailable` when it cannot be opened or was closed */
  get(): Broker {
    if (this.#closed) throw closed();
    return (this.#broker ??= new Broker(this.#options));
  }

  /** @throws LogError `unavailable` when the last client has closed it */
  join(): void {
    if (this.#closed) throw closed();
    this.#clients++;
  }

  async leave(): Promise<void> {
    this.#clients--;
    if (this.#clients > 0) return;
    this.#closed = true;
    await this.#broker?.close();
  }
}
