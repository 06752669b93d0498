import type { ApiRequest } from './api-request.ts';

export interface JoinGroupOptions {
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly memberId: string;
  readonly instanceId: string | null;
  /** Name of the assignor. */
  readonly protocol: string;
  /** A `ConsumerProtocolSubscription`: see `consumer-protocol.ts`. */
  readonly metadata: Uint8Array;
}
export interface JoinGroupAnswer {
  readonly errorCode: number;
  readonly generation: number;
  readonly leaderId: string;
  readonly memberId: string;
  /** All members, for the leader alone. */
  readonly members: readonly {
    readonly memberId: string;
    readonly instanceId: string | null;
    readonly metadata: Buffer;
  }[];
}

const ANSWER_GRACE_MS = 5_000;

/** JoinGroup v7: group_id, session_timeout_ms i32, rebalance_timeout_ms i32, member_id, group_instance_id, protocol_type,
 *  [name, metadata] → throttle, error i16, generation i32, protocol_type, protocol_name, leader, member_id,
 *  [member_id, group_instance_id, metadata]. Answered when all members have joined, or the rebalance timeout has passed. */
export function joinGroup(options: JoinGroupOptions): ApiRequest<JoinGroupAnswer> {
  return {
    apiKey: 11,
    apiName: 'JoinGroup',
    minVersion: 7,
    maxVersion: 7,
    timeoutMs: options.rebalanceTimeoutMs + ANSWER_GRACE_MS,
    encode: (writer) => {
      writer.string(options.groupId).int32(options.sessionTimeoutMs).int32(options.rebalanceTimeoutMs);
      writer.string(options.memberId).string(options.instanceId).string('consumer');
      writer.array([options], (own) => writer.string(own.protocol).bytes(own.metadata).tags()).tags();
    },
    decode: (reader) => {
      reader.throttle();
      const errorCode = reader.int16();
      const generation = reader.int32();
      reader.nullableString();
      reader.nullableString();
      const leaderId = reader.string();
      const memberId = reader.string();
      const members = reader.array(() => {
        const member = {
          memberId: reader.string(),
          instanceId: reader.nullableString(),
          metadata: reader.bytes(),
        };
        reader.tags();
        return member;
      });
      return { errorCode, generation, leaderId, memberId, members };
    },
  };
}
