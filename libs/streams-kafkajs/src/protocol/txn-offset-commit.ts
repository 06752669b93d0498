import type { Membership } from '@hiveframe/streams';
import type { ApiRequest } from './api-request.ts';
import {
  readPartitionResults,
  writeOffsets,
  type OffsetToCommit,
  type PartitionResult,
} from './offset-topics.ts';
import type { TransactionOwner } from './transaction-owner.ts';

const ADDS_OFFSETS_VERSION = 5;

/** TxnOffsetCommit v3–v5: transactional_id, group_id, producer_id i64, producer_epoch i16, generation i32, member_id,
 *  group_instance_id, offsets → throttle, results. The generation fences zombies of the group (KIP-447);
 *  v5 adds the group to the transaction by the way (KIP-890, transaction.version 2). */
export function txnOffsetCommit(
  owner: TransactionOwner,
  member: Membership,
  offsets: readonly OffsetToCommit[],
  addsOffsets: boolean,
): ApiRequest<readonly PartitionResult[]> {
  return {
    apiKey: 28,
    apiName: 'TxnOffsetCommit',
    minVersion: addsOffsets ? ADDS_OFFSETS_VERSION : 3,
    maxVersion: addsOffsets ? ADDS_OFFSETS_VERSION : ADDS_OFFSETS_VERSION - 1,
    encode: (writer) => {
      writer.string(owner.transactionalId).string(member.groupId);
      writer.int64(owner.producerId).int16(owner.epoch);
      writer.int32(member.generation).string(member.memberId).string(member.instanceId);
      writeOffsets(writer, offsets);
      writer.tags();
    },
    decode: (reader) => {
      reader.throttle();
      return readPartitionResults(reader);
    },
  };
}
