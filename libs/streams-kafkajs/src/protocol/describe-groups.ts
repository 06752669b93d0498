import type { ApiRequest } from './api-request.ts';

export interface DescribedGroup {
  readonly errorCode: number;
  /** Dead where there is none. */
  readonly state: string;
  readonly members: readonly {
    readonly memberId: string;
    readonly clientId: string;
    readonly clientHost: string;
  }[];
}

/** DescribeGroups v5: [group_id], include_authorized_operations
 *  → throttle, [error i16, group_id, state, protocol_type, protocol, [member_id, group_instance_id, client_id, client_host,
 *  metadata, assignment], authorized_operations i32]. */
export function describeGroup(groupId: string): ApiRequest<DescribedGroup> {
  return {
    apiKey: 15,
    apiName: 'DescribeGroups',
    minVersion: 5,
    maxVersion: 5,
    encode: (writer) => {
      writer.array([groupId], (group) => writer.string(group));
      writer.boolean(false).tags();
    },
    decode: (reader) => {
      reader.throttle();
      const [group] = reader.array((): DescribedGroup => {
        const errorCode = reader.int16();
        reader.string();
        const state = reader.string();
        reader.string();
        reader.string();
        const members = reader.array(() => {
          const memberId = reader.string();
          reader.nullableString();
          const clientId = reader.string();
          const clientHost = reader.string();
          reader.bytes();
          reader.bytes();
          reader.tags();
          return { memberId, clientId, clientHost };
        });
        reader.int32();
        reader.tags();
        return { errorCode, state, members };
      });
      return group!;
    },
  };
}
