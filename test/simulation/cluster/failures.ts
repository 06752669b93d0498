/** What the simulated cluster answers when it refuses. */
import { LogError, type TopicPartition } from '@hiveframe/streams';

export function fenced(why: string): LogError {
  return new LogError({ kind: 'fenced' }, `Refused: ${why}.`);
}
export function abortable(why: string): LogError {
  return new LogError({ kind: 'abortable' }, `Refused: ${why}. Abort the transaction.`);
}
export function unavailable(what: string): LogError {
  return new LogError({ kind: 'unavailable' }, `Cannot ${what}: no answer in time.`);
}
export function unknownTopic(topic: string): LogError {
  return new LogError({ kind: 'unknownTopic', topic }, `Topic ${topic} does not exist.`);
}
export function recordTooLarge(at: TopicPartition): LogError {
  return new LogError({ kind: 'recordTooLarge', at }, `Too large for ${at.topic}-${at.partition}.`);
}
export function outOfRange(at: TopicPartition, startOffset: number, endOffset: number): LogError {
  const failure = { kind: 'offsetOutOfRange', at, startOffset, endOffset } as const;
  return new LogError(failure, `${at.topic}-${at.partition} has offsets ${startOffset} to ${endOffset}.`);
}
