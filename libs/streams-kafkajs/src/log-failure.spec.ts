import { describe, expect, it } from '@jest/globals';
import { LogError } from '@hiveframe/streams';
import { AuthenticationFailure, BrokerError, ConnectionFailure } from './cluster/failures.ts';
import { toLogError } from './log-failure.ts';
import { KafkaCode } from './protocol/error-codes.ts';

const AT = { topic: 'a', partition: 1 };
const kindOf = (error: unknown): string => toLogError(error, 'Cannot do it', AT).failure.kind;

describe('toLogError', () => {
  it.each([
    ['fenced', ['PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH', 'UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION']],
    ['fenced', ['FENCED_INSTANCE_ID', 'INVALID_PRODUCER_ID_MAPPING']],
    ['abortable', ['REBALANCE_IN_PROGRESS', 'INVALID_TXN_STATE', 'TRANSACTION_ABORTABLE']],
    ['abortable', ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID']],
    ['recordTooLarge', ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_TIMESTAMP', 'INVALID_RECORD']],
    ['unauthorized', ['TOPIC_AUTHORIZATION_FAILED', 'GROUP_AUTHORIZATION_FAILED']],
    ['unauthorized', ['CLUSTER_AUTHORIZATION_FAILED', 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED']],
    ['unknownTopic', ['UNKNOWN_TOPIC_OR_PARTITION']],
    ['unavailable', ['NOT_ENOUGH_REPLICAS', 'COORDINATOR_NOT_AVAILABLE', 'REQUEST_TIMED_OUT']],
  ] as const)('says %s of %p', (kind, names) => {
    expect(names.map((name) => kindOf(new BrokerError(KafkaCode[name])))).toEqual(names.map(() => kind));
  });

  it('says unavailable of a lost connection and unauthorized of refused credentials', () => {
    expect(kindOf(new ConnectionFailure('lost', true))).toBe('unavailable');
    expect(kindOf(new AuthenticationFailure('no'))).toBe('unauthorized');
  });

  it('names what could not be done, the code, and what the broker said about it', () => {
    const error = toLogError(
      new BrokerError(KafkaCode.INVALID_TIMESTAMP, 'in the future'),
      'Cannot write to a-1',
      AT,
    );
    expect(error.message).toBe('Cannot write to a-1: INVALID_TIMESTAMP: in the future');
    expect(error.failure).toEqual({ kind: 'recordTooLarge', at: AT });
    expect(toLogError(new BrokerError(999), 'Cannot').message).toBe('Cannot: error code 999');
  });

  it('leaves a LogError as it is', () => {
    const error = new LogError({ kind: 'fenced' }, 'before');
    expect(toLogError(error, 'again')).toBe(error);
  });
});
