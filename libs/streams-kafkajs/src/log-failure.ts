/** From Kafka's errors to what the engine must do: the one place where a code gets its meaning.
 *
 *  | what the broker says | failure | why |
 *  |---|---|---|
 *  | PRODUCER_FENCED, INVALID_PRODUCER_EPOCH, INVALID_PRODUCER_ID_MAPPING | fenced | somebody raised the epoch: a newer owner, or the coordinator when it aborted a transaction that timed out. Which of the two cannot be told from here; dropping the task is right in both |
 *  | UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, FENCED_INSTANCE_ID | fenced | the group goes on without this member |
 *  | REBALANCE_IN_PROGRESS, INVALID_TXN_STATE, TRANSACTION_ABORTABLE, OUT_OF_ORDER_SEQUENCE_NUMBER, UNKNOWN_PRODUCER_ID | abortable | the transaction cannot be committed as it is, the writer stays the owner |
 *  | MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE | recordTooLarge | one record beyond `max.message.bytes` (batches of several are split first) |
 *  | INVALID_TIMESTAMP, INVALID_RECORD | recordTooLarge | beyond another limit of the topic (`message.timestamp.after.max.ms`, a key where the topic is compacted): the record is the cause, and no try mends it |
 *  | …_AUTHORIZATION_FAILED, refused credentials | unauthorized | |
 *  | everything else, when its own retries are used up | unavailable | | */
import { LogError, type LogFailure, type TopicPartition } from '@hiveframe/streams';
import { AuthenticationFailure, BrokerError, messageOf } from './cluster/failures.ts';
import { KafkaCode, UNAUTHORIZED } from './protocol/error-codes.ts';

const FENCED: ReadonlySet<number> = new Set([
  KafkaCode.PRODUCER_FENCED,
  KafkaCode.INVALID_PRODUCER_EPOCH,
  KafkaCode.INVALID_PRODUCER_ID_MAPPING,
  KafkaCode.UNKNOWN_MEMBER_ID,
  KafkaCode.ILLEGAL_GENERATION,
  KafkaCode.FENCED_INSTANCE_ID,
]);
const ABORTABLE: ReadonlySet<number> = new Set([
  KafkaCode.REBALANCE_IN_PROGRESS,
  KafkaCode.INVALID_TXN_STATE,
  KafkaCode.TRANSACTION_ABORTABLE,
  KafkaCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  KafkaCode.DUPLICATE_SEQUENCE_NUMBER,
  KafkaCode.UNKNOWN_PRODUCER_ID,
]);
const BEYOND_LIMITS: ReadonlySet<number> = new Set([
  KafkaCode.MESSAGE_TOO_LARGE,
  KafkaCode.RECORD_LIST_TOO_LARGE,
  KafkaCode.INVALID_TIMESTAMP,
  KafkaCode.INVALID_RECORD,
]);

/** `what` says what could not be done, on what: "Cannot commit transaction orders-0_3". */
export function toLogError(error: unknown, what: string, at?: TopicPartition): LogError {
  if (error instanceof LogError) return error;
  return new LogError(failureOf(error, at), `${what}: ${messageOf(error)}`, { cause: error });
}

function failureOf(error: unknown, at?: TopicPartition): LogFailure {
  if (error instanceof AuthenticationFailure) return { kind: 'unauthorized' };
  if (!(error instanceof BrokerError)) return { kind: 'unavailable' };
  if (FENCED.has(error.code)) return { kind: 'fenced' };
  if (ABORTABLE.has(error.code)) return { kind: 'abortable' };
  if (UNAUTHORIZED.has(error.code)) return { kind: 'unauthorized' };
  if (BEYOND_LIMITS.has(error.code) && at) return { kind: 'recordTooLarge', at };
  if (error.code === KafkaCode.UNKNOWN_TOPIC_OR_PARTITION && at)
    return { kind: 'unknownTopic', topic: at.topic };
  return { kind: 'unavailable' };
}
