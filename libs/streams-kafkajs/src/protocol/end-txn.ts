import type { ApiRequest } from './api-request.ts';
import { writeOwner, type TransactionOwner } from './transaction-owner.ts';

export interface EndTxnAnswer {
  readonly errorCode: number;
  /** The identity of the next transaction: v5 raises the epoch with every end (KIP-890). Null in older versions. */
  readonly next: { readonly producerId: number; readonly epoch: number } | null;
}

const RAISES_EPOCH_VERSION = 5;

/** EndTxn v3–v5: owner, committed → throttle, error i16, v5: producer_id i64, producer_epoch i16.
 *  Sent again with the same epoch it gives the same answer. */
export function endTxn(
  owner: TransactionOwner,
  committed: boolean,
  raisesEpoch: boolean,
): ApiRequest<EndTxnAnswer> {
  return {
    apiKey: 26,
    apiName: 'EndTxn',
    minVersion: raisesEpoch ? RAISES_EPOCH_VERSION : 3,
    maxVersion: raisesEpoch ? RAISES_EPOCH_VERSION : RAISES_EPOCH_VERSION - 1,
    encode: (writer) => {
      writeOwner(writer, owner);
      writer.boolean(committed).tags();
    },
    decode: (reader, version) => {
      reader.throttle();
      const errorCode = reader.int16();
      if (version < RAISES_EPOCH_VERSION || errorCode !== 0) return { errorCode, next: null };
      return { errorCode, next: { producerId: reader.int64(), epoch: reader.int16() } };
    },
  };
}
