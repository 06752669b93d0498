import { closed } from '../log-failures.ts';
import type { ResolvedEmbeddedOptions } from '../options.ts';
import { Storage } from '../storage/storage.ts';
import { Broker } from './broker.ts';

/** The one broker behind any number of clients: opened when first needed, closed by the last client. */
export class SharedBroker {
  readonly #options: ResolvedEmbeddedOptions;
  readonly #openStorage: (checkpointDir: string | null) => Storage;
  #broker: Broker | null = null;
  #clients = 0;
  #closed = false;

  constructor(
    options: ResolvedEmbeddedOptions,
    openStorage: (checkpointDir: string | null) => Storage = (checkpointDir) => new Storage(checkpointDir),
  ) {
    this.#options = options;
    this.#openStorage = openStorage;
  }

  /** @throws LogError `unavailable` when it cannot be opened or was closed */
  get(): Broker {
    if (this.#closed) throw closed();
    return (this.#broker ??= new Broker(this.#openStorage(this.#options.checkpointDir), this.#options));
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
