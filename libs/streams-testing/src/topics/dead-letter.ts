import { DEAD_LETTER_HEADERS, type Headers } from '@hiveframe/streams';
import type { RawTestRecord } from './test-output-topic.ts';

/** Why a record is among the dead letters, and where it came from: the headers, read. */
export interface DeadLetterReason {
  /** deserialization, timestamp, processing, production, nullKey, late … */
  readonly kind: string;
  /** Name of the error. */
  readonly exception: string;
  readonly message: string;
  readonly topic: string;
  readonly partition: number;
  /** -1: it was not read from a topic, but made on the way. */
  readonly offset: number;
  readonly task: string;
}

/** The record as it came, raw, and why it could not go on. */
export interface TestDeadLetter extends RawTestRecord {
  readonly reason: DeadLetterReason;
}

export function toDeadLetter(record: RawTestRecord): TestDeadLetter {
  const text = (name: string) => headerText(record.headers, name);
  const reason: DeadLetterReason = {
    kind: text(DEAD_LETTER_HEADERS.kind),
    exception: text(DEAD_LETTER_HEADERS.exception),
    message: text(DEAD_LETTER_HEADERS.message),
    topic: text(DEAD_LETTER_HEADERS.topic),
    partition: Number(text(DEAD_LETTER_HEADERS.partition)),
    offset: Number(text(DEAD_LETTER_HEADERS.offset)),
    task: text(DEAD_LETTER_HEADERS.task),
  };
  return { ...record, reason };
}

function headerText(headers: Headers, name: string): string {
  const found = headers.find(([header]) => header === name)?.[1];
  return found === undefined || found === null ? '' : Buffer.from(found).toString();
}
