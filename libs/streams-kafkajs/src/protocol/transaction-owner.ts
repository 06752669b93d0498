import type { ProtocolWriter } from './protocol-writer.ts';

/** Who writes a transaction: sent with every request that belongs to it. */
export interface TransactionOwner {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly epoch: number;
}

/** transactional_id, producer_id i64, producer_epoch i16. */
export function writeOwner(writer: ProtocolWriter, owner: TransactionOwner): void {
  writer.string(owner.transactionalId).int64(owner.producerId).int16(owner.epoch);
}
