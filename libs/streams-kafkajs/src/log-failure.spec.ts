import { describe, expect, it } from '@jest/globals';
import { LogError } from '@hiveframe/streams';
import {
  AuthenticationFailure,
  BrokerError,
  ConnectionFailure,
  UnsupportedBroker,
} from './cluster/failures.ts';
import { DamagedBatch } from './fetch/visible-batches.ts';
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
    ['recordTooLarge', ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']],
    ['recordRefused', ['INVALID_TIMESTAMP', 'INVALID_RECORD']],
    ['unusable', ['INVALID_TRANSACTION_TIMEOUT', 'UNSUPPORTED_VERSION', 'INCONSISTENT_GROUP_PROTOCOL']],
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
    expect(kindOf(new UnsupportedBroker('old'))).toBe('unusable');
  });

  it('says of a damaged batch where it lies and where reading can go on', () => {
    const error = toLogError(new DamagedBatch(7, 'is damaged', 12), 'Cannot read a-1', AT);
    expect(error.failure).toEqual({ kind: 'damaged', at: AT, offset: 7, nextOffset: 12 });
    expect(error.message).toBe('Cannot read a-1: the record batch at offset 7 is damaged.');
  });

  it.each([
    ['TOPIC_AUTHORIZATION_FAILED', 'Produce', 'orders', 'Write on topic orders'],
    ['TOPIC_AUTHORIZATION_FAILED', 'Fetch', 'orders', 'Read on topic orders'],
    ['TOPIC_AUTHORIZATION_FAILED', 'DescribeConfigs', 'orders', 'DescribeConfigs on topic orders'],
    ['GROUP_AUTHORIZATION_FAILED', 'JoinGroup', 'app', 'Read on group app'],
    [
      'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      'InitProducerId',
      'app-0_0',
      'Write on transactional-id app-0_0',
    ],
    ['CLUSTER_AUTHORIZATION_FAILED', 'CreateTopics', 'orders', 'Create on cluster'],
  ] as const)(
    'says of %s at %s which operation is needed, and how to grant it',
    (name, apiName, resource, text) => {
      const { message } = toLogError(
        new BrokerError(KafkaCode[name], null, { apiName, resource }),
        'Cannot do it',
      );
      expect(message).toContain(
        `${name}. The user of this client needs ${text}: grant it (kafka-acls --add `,
      );
    },
  );

  it('names what could not be done, the code, and what the broker said about it', () => {
    const error = toLogError(
      new BrokerError(KafkaCode.INVALID_TIMESTAMP, 'in the future'),
      'Cannot write to a-1',
      AT,
    );
    expect(error.message).toBe(
      'Cannot write to a-1: INVALID_TIMESTAMP: in the future (see message.timestamp.before.max.ms and …after… of the topic).',
    );
    expect(error.failure).toEqual({ kind: 'recordRefused', at: AT });
    expect(toLogError(new BrokerError(999), 'Cannot').message).toBe('Cannot: error code 999.');
  });

  it('leaves a LogError as it is', () => {
    const error = new LogError({ kind: 'fenced' }, 'before');
    expect(toLogError(error, 'again')).toBe(error);
  });
});
