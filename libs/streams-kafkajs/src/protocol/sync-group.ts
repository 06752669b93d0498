import type { Membership } from '@hiveframe/streams';
import type { ApiRequest } from './api-request.ts';

export interface SyncGroupAnswer {
  readonly errorCode: number;
  readonly assignment: Buffer;
}

/** SyncGroup v5: group_id, generation i32, member_id, group_instance_id, protocol_type, protocol_name, [member_id, assignment]
 *  (the leader's, else none) → throttle, error i16, protocol_type, protocol_name, assignment. */
export function syncGroup(
  member: Membership,
  protocol: string,
  assignments: ReadonlyMap<string, Uint8Array>,
  timeoutMs: number,
): ApiRequest<SyncGroupAnswer> {
  return {
    apiKey: 14,
    apiName: 'SyncGroup',
    minVersion: 5,
    maxVersion: 5,
    timeoutMs,
    encode: (writer) => {
      writer
        .string(member.groupId)
        .int32(member.generation)
        .string(member.memberId)
        .string(member.instanceId);
      writer.string('consumer').string(protocol);
      writer.array([...assignments], ([memberId, assignment]) =>
        writer.string(memberId).bytes(assignment).tags(),
      );
      writer.tags();
    },
    decode: (reader) => {
      reader.throttle();
      const errorCode = reader.int16();
      reader.nullableString();
      reader.nullableString();
      return { errorCode, assignment: reader.bytes() };
    },
  };
}
