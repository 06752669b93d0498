/** The failures of the embedded log, worded in one place. */
import { LogError, type TopicPartition } from '@hiveframe/streams';

export function unknownTopic(topic: string): LogError {
  const failure = { kind: 'unknownTopic', topic } as const;
  return new LogError(failure, `Cannot use topic ${topic}: it does not exist. Create it first.`);
}
export function unknownPartition({ topic, partition }: TopicPartition, numPartitions: number): LogError {
  const failure = { kind: 'unknownTopic', topic } as const;
  return new LogError(
    failure,
    `Cannot use partition ${partition} of topic ${topic}: it has ${numPartitions}, numbered from 0.`,
  );
}
export function recordTooLarge(at: TopicPartition, sizeBytes: number, limitBytes: number): LogError {
  return new LogError(
    { kind: 'recordTooLarge', at },
    `Cannot write ${sizeBytes} bytes to ${at.topic}-${at.partition}: its limit is ${limitBytes} bytes a batch. ` +
      `Write less at once, or raise max.message.bytes of the topic.`,
  );
}
export function offsetOutOfRange(
  at: TopicPartition,
  offset: number,
  startOffset: number,
  endOffset: number,
): LogError {
  const { topic, partition } = at;
  return new LogError(
    { kind: 'offsetOutOfRange', at: { topic, partition }, startOffset, endOffset },
    `Cannot use offset ${offset} of ${topic}-${partition}: the log has ${startOffset} to ${endOffset}.`,
  );
}
export function fenced(what: string, why: string): LogError {
  return new LogError({ kind: 'fenced' }, `Cannot ${what}: ${why}.`);
}
export function abortable(what: string, why: string): LogError {
  return new LogError(
    { kind: 'abortable' },
    `Cannot ${what}: ${why}. Abort the transaction and do it again.`,
  );
}
export function closed(): LogError {
  return new LogError({ kind: 'unavailable' }, 'Cannot use the embedded log: it was closed.');
}
/** No retry mends it. */
export function unusable(message: string, cause?: unknown): LogError {
  return new LogError({ kind: 'unusable' }, message, { cause });
}
export function damaged(at: TopicPartition, offset: number, nextOffset: number): LogError {
  const { topic, partition } = at;
  return new LogError(
    { kind: 'damaged', at: { topic, partition }, offset, nextOffset },
    `Cannot read ${topic}-${partition} from offset ${offset}: the record batch is damaged, its CRC does not fit.`,
  );
}
export function unavailable(message: string, cause?: unknown): LogError {
  return new LogError({ kind: 'unavailable' }, message, { cause });
}
