import type { Membership } from '@hiveframe/streams';
import type { ApiRequest } from './api-request.ts';

/** Heartbeat v4: group_id, generation i32, member_id, group_instance_id → throttle, error i16. */
export function heartbeat(member: Membership): ApiRequest<{ readonly errorCode: number }> {
  return {
    apiKey: 12,
    apiName: 'Heartbeat',
    minVersion: 4,
    maxVersion: 4,
    encode: (writer) => {
      writer
        .string(member.groupId)
        .int32(member.generation)
        .string(member.memberId)
        .string(member.instanceId);
      writer.tags();
    },
    decode: (reader) => {
      reader.throttle();
      return { errorCode: reader.int16() };
    },
  };
}
