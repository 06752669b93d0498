import type { EndOffsets, LogWriter, OutputBatch } from '@hiveframe/streams';
import type { Lane } from '../kernel/network.ts';
import type { Connection } from './connection.ts';

/** Idempotent, acknowledged. */
export class SimulatedWriter implements LogWriter {
  readonly #connection: Connection;
  readonly #lane: Lane = { lastMs: 0 };

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async send(batches: readonly OutputBatch[]): Promise<EndOffsets> {
    if (batches.length === 0) return [];
    return this.#connection.request('send', (cluster) => cluster.append(batches), { lane: this.#lane });
  }
  async close(): Promise<void> {}
}
