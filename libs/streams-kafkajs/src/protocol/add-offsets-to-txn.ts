import type { ApiRequest } from './api-request.ts';
import { writeOwner, type TransactionOwner } from './transaction-owner.ts';

/** AddOffsetsToTxn v3–v4: owner, group_id → throttle, error i16. */
export function addOffsetsToTxn(
  owner: TransactionOwner,
  groupId: string,
): ApiRequest<{ readonly errorCode: number }> {
  return {
    apiKey: 25,
    apiName: 'AddOffsetsToTxn',
    minVersion: 3,
    maxVersion: 4,
    encode: (writer) => {
      writeOwner(writer, owner);
      writer.string(groupId).tags();
    },
    decode: (reader) => {
      reader.throttle();
      return { errorCode: reader.int16() };
    },
  };
}
