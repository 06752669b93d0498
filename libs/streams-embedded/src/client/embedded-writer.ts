import { NO_PRODUCER, type EndOffsets, type LogWriter, type OutputBatch } from '@hiveframe/streams';
import { seal } from '../broker/append.ts';
import type { SharedBroker } from '../broker/shared-broker.ts';
import { closed } from '../log-failures.ts';

/** Writes outside of transactions. A send is kept as a whole or not at all. */
export class EmbeddedWriter implements LogWriter {
  readonly #shared: SharedBroker;
  readonly #onClosed: () => void;
  #closed = false;

  constructor(shared: SharedBroker, closed: () => void) {
    this.#shared = shared;
    this.#onClosed = closed;
  }

  async send(batches: readonly OutputBatch[]): Promise<EndOffsets> {
    if (this.#closed) throw closed();
    return this.#shared.get().send(seal(batches, NO_PRODUCER));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#onClosed();
  }
}
