/** From Kafka's errors to what the engine must do: the one place where a code gets its meaning.
 *
 *  | what the broker says | failure | why |
 *  |---|---|---|
 *  | PRODUCER_FENCED, INVALID_PRODUCER_EPOCH, INVALID_PRODUCER_ID_MAPPING | fenced | somebody raised the epoch: a newer owner, or the coordinator when it aborted a transaction that timed out. Which of the two cannot be told from here; dropping the task is right in both |
 *  | UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, FENCED_INSTANCE_ID | fenced | the group goes on without this member |
 *  | REBALANCE_IN_PROGRESS, INVALID_TXN_STATE, TRANSACTION_ABORTABLE, OUT_OF_ORDER_SEQUENCE_NUMBER, UNKNOWN_PRODUCER_ID | abortable | the transaction cannot be committed as it is, the writer stays the owner |
 *  | MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE | recordTooLarge | one record beyond `max.message.bytes` (batches of several are split first) |
 *  | INVALID_TIMESTAMP, INVALID_RECORD | recordRefused | beyond another limit of the topic (`message.timestamp.after.max.ms`, a key where the topic is compacted): the record is the cause, and no try mends it |
 *  | a batch whose CRC or form is wrong | damaged | on the way or on the broker's disk; it was fetched several times |
 *  | …_AUTHORIZATION_FAILED, refused credentials | unauthorized | |
 *  | settings the broker refuses, a broker too old | unusable | |
 *  | everything else, when its own retries are used up | unavailable | | */
import { LogError, type LogFailure, type TopicPartition } from '@hiveframe/streams';
import { accessNeeded } from './access.ts';
import { AuthenticationFailure, BrokerError, messageOf, UnsupportedBroker } from './cluster/failures.ts';
import { DamagedBatch } from './fetch/visible-batches.ts';
import { KafkaCode, UNAUTHORIZED } from './protocol/error-codes.ts';

const code = KafkaCode;

const FENCED: ReadonlySet<number> = new Set([
  code.PRODUCER_FENCED,
  code.INVALID_PRODUCER_EPOCH,
  code.INVALID_PRODUCER_ID_MAPPING,
  code.UNKNOWN_MEMBER_ID,
  code.ILLEGAL_GENERATION,
  code.FENCED_INSTANCE_ID,
]);
const ABORTABLE: ReadonlySet<number> = new Set([
  code.REBALANCE_IN_PROGRESS,
  code.INVALID_TXN_STATE,
  code.TRANSACTION_ABORTABLE,
  code.OUT_OF_ORDER_SEQUENCE_NUMBER,
  code.DUPLICATE_SEQUENCE_NUMBER,
  code.UNKNOWN_PRODUCER_ID,
]);
const TOO_LARGE: ReadonlySet<number> = new Set([code.MESSAGE_TOO_LARGE, code.RECORD_LIST_TOO_LARGE]);
const REFUSED: ReadonlySet<number> = new Set([code.INVALID_TIMESTAMP, code.INVALID_RECORD]);
const UNUSABLE: ReadonlySet<number> = new Set([
  code.INVALID_TOPIC_EXCEPTION,
  code.INCONSISTENT_GROUP_PROTOCOL,
  code.INVALID_GROUP_ID,
  code.INVALID_SESSION_TIMEOUT,
  code.UNSUPPORTED_VERSION,
  code.INVALID_PARTITIONS,
  code.INVALID_REPLICATION_FACTOR,
  code.INVALID_CONFIG,
  code.INVALID_REQUEST,
  code.POLICY_VIOLATION,
  code.INVALID_TRANSACTION_TIMEOUT,
  code.GROUP_MAX_SIZE_REACHED,
]);

/** What to do, where the code alone does not say it. */
const ADVICE: ReadonlyMap<number, string> = new Map([
  [code.FENCED_INSTANCE_ID, 'another process has joined with the same instanceId: give each its own'],
  [code.INCONSISTENT_GROUP_PROTOCOL, 'other programs use a group of this name: choose another applicationId'],
  [
    code.INVALID_SESSION_TIMEOUT,
    'keep sessionTimeoutMs within group.min.session.timeout.ms and …max… of the brokers',
  ],
  [code.GROUP_MAX_SIZE_REACHED, 'start fewer instances, or raise group.max.size of the brokers'],
  [
    code.INVALID_TRANSACTION_TIMEOUT,
    'keep transactionTimeoutMs below transaction.max.timeout.ms of the brokers',
  ],
  [code.INVALID_REPLICATION_FACTOR, 'ask for no more replicas than there are brokers (replicationFactor)'],
  [code.POLICY_VIOLATION, 'the brokers have a policy against it: create the topics by hand'],
  [code.MESSAGE_TOO_LARGE, 'raise max.message.bytes of the topic, or write less'],
  [code.INVALID_TIMESTAMP, 'see message.timestamp.before.max.ms and …after… of the topic'],
  [code.INVALID_RECORD, 'the topic takes no such record: a compacted one wants keys'],
]);

/** `what` says what could not be done, on what: "Cannot commit transaction orders-0_3". */
export function toLogError(error: unknown, what: string, at?: TopicPartition): LogError {
  if (error instanceof LogError) return error;
  return new LogError(failureOf(error, at), sentence(`${what}: ${reasonOf(error)}`), { cause: error });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof BrokerError)) return messageOf(error);
  const advice = ADVICE.get(error.code);
  return (
    accessNeeded(error.code, error.refused) ??
    (advice === undefined ? error.message : `${error.message} (${advice})`)
  );
}

function sentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`;
}

function failureOf(error: unknown, at?: TopicPartition): LogFailure {
  if (error instanceof AuthenticationFailure) return { kind: 'unauthorized' };
  if (error instanceof UnsupportedBroker) return { kind: 'unusable' };
  if (error instanceof DamagedBatch && at)
    return { kind: 'damaged', at, offset: error.offset, nextOffset: error.nextOffset };
  if (!(error instanceof BrokerError)) return { kind: 'unavailable' };
  if (FENCED.has(error.code)) return { kind: 'fenced' };
  if (ABORTABLE.has(error.code)) return { kind: 'abortable' };
  if (UNAUTHORIZED.has(error.code)) return { kind: 'unauthorized' };
  if (UNUSABLE.has(error.code)) return { kind: 'unusable' };
  if (TOO_LARGE.has(error.code) && at) return { kind: 'recordTooLarge', at };
  if (REFUSED.has(error.code) && at) return { kind: 'recordRefused', at };
  if (error.code === code.UNKNOWN_TOPIC_OR_PARTITION && at) return { kind: 'unknownTopic', topic: at.topic };
  return { kind: 'unavailable' };
}
