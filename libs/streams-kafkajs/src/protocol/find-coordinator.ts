import type { ApiRequest } from './api-request.ts';
import type { BrokerAddress } from './metadata.ts';

export type CoordinatorKind = 'group' | 'transaction';
export interface CoordinatorAnswer extends BrokerAddress {
  readonly errorCode: number;
  readonly nodeId: number;
}

/** FindCoordinator v3: key, key_type i8 (0 group, 1 transaction) → throttle, error i16, message, node_id i32, host, port i32. */
export function findCoordinator(kind: CoordinatorKind, key: string): ApiRequest<CoordinatorAnswer> {
  return {
    apiKey: 10,
    apiName: 'FindCoordinator',
    minVersion: 3,
    maxVersion: 3,
    encode: (writer) => {
      writer
        .string(key)
        .int8(kind === 'group' ? 0 : 1)
        .tags();
    },
    decode: (reader) => {
      reader.throttle();
      const errorCode = reader.int16();
      reader.nullableString();
      return { errorCode, nodeId: reader.int32(), host: reader.string(), port: reader.int32() };
    },
  };
}
