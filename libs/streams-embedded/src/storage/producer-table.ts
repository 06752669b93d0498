/** Transactional ids with the producer id and epoch of their newest owner. */
import type { DatabaseSync } from 'node:sqlite';
import type { ProducerIdentity } from '@hiveframe/streams';

/** The record batch has 16 bits for it. */
const MAX_EPOCH = 32_767;

export class ProducerTable {
  readonly #select;
  readonly #delete;
  readonly #insert;
  readonly #update;

  constructor(database: DatabaseSync) {
    this.#select = database.prepare('SELECT producer_id, epoch FROM producers WHERE transactional_id = ?');
    this.#delete = database.prepare('DELETE FROM producers WHERE transactional_id = ?');
    this.#insert = database.prepare('INSERT INTO producers (transactional_id, epoch) VALUES (?, 0)');
    this.#update = database.prepare('UPDATE producers SET epoch = ? WHERE transactional_id = ?');
  }

  /** The identity of the newest owner. */
  current(transactionalId: string): ProducerIdentity | null {
    const row = this.#select.get(transactionalId);
    if (row === undefined) return null;
    return { producerId: row['producer_id'] as number, epoch: row['epoch'] as number };
  }

  /** The identity of the next owner: the epoch goes up by one, and when it cannot, a new producer id begins. */
  next(transactionalId: string): ProducerIdentity {
    const current = this.current(transactionalId);
    if (current === null || current.epoch >= MAX_EPOCH) return this.#begin(transactionalId);
    const epoch = current.epoch + 1;
    this.#update.run(epoch, transactionalId);
    return { producerId: current.producerId, epoch };
  }

  #begin(transactionalId: string): ProducerIdentity {
    this.#delete.run(transactionalId);
    const producerId = Number(this.#insert.run(transactionalId).lastInsertRowid);
    return { producerId, epoch: 0 };
  }
}
