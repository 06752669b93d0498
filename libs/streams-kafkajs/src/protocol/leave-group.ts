import type { ApiRequest } from './api-request.ts';

/** LeaveGroup v4: group_id, [member_id, group_instance_id] → throttle, error i16, [member_id, group_instance_id, error i16]. */
export function leaveGroup(groupId: string, memberId: string): ApiRequest<{ readonly errorCode: number }> {
  return {
    apiKey: 13,
    apiName: 'LeaveGroup',
    minVersion: 4,
    maxVersion: 4,
    encode: (writer) => {
      writer.string(groupId);
      writer.array([memberId], (member) => writer.string(member).string(null).tags()).tags();
    },
    decode: (reader) => {
      reader.throttle();
      return { errorCode: reader.int16() };
    },
  };
}
