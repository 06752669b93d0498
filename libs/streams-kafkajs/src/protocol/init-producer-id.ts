import type { ApiRequest } from './api-request.ts';

export interface InitProducerIdAnswer {
  readonly errorCode: number;
  readonly producerId: number;
  readonly epoch: number;
}

/** InitProducerId v4–v5: transactional_id, transaction_timeout_ms i32, producer_id i64, producer_epoch i16
 *  → throttle, error i16, producer_id i64, producer_epoch i16.
 *  With (-1, -1) it fences every older owner of the id; with an own identity it only raises its epoch (KIP-360). */
export function initProducerId(
  transactionalId: string | null,
  transactionTimeoutMs: number,
  current: { readonly producerId: number; readonly epoch: number } = { producerId: -1, epoch: -1 },
): ApiRequest<InitProducerIdAnswer> {
  return {
    apiKey: 22,
    apiName: 'InitProducerId',
    minVersion: 4,
    maxVersion: 5,
    encode: (writer) => {
      writer.string(transactionalId).int32(transactionTimeoutMs);
      writer.int64(current.producerId).int16(current.epoch).tags();
    },
    decode: (reader) => {
      reader.throttle();
      return { errorCode: reader.int16(), producerId: reader.int64(), epoch: reader.int16() };
    },
  };
}
