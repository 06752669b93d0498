import type { Membership } from '@hiveframe/streams';
import type { ApiRequest } from './api-request.ts';
import {
  readPartitionResults,
  writeOffsets,
  type OffsetToCommit,
  type PartitionResult,
} from './offset-topics.ts';

/** OffsetCommit v8: group_id, generation i32, member_id, group_instance_id, offsets → throttle, results. */
export function offsetCommit(
  member: Membership,
  offsets: readonly OffsetToCommit[],
): ApiRequest<readonly PartitionResult[]> {
  return {
    apiKey: 8,
    apiName: 'OffsetCommit',
    minVersion: 8,
    maxVersion: 8,
    encode: (writer) => {
      writer
        .string(member.groupId)
        .int32(member.generation)
        .string(member.memberId)
        .string(member.instanceId);
      writeOffsets(writer, offsets);
      writer.tags();
    },
    decode: (reader) => {
      reader.throttle();
      return readPartitionResults(reader);
    },
  };
}
