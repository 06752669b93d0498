/** A dead letter as it lies in its topic: the record that could not go on, and what its headers say about why. */
import type { PartitionOffset } from '../ports/log.ts';
import type { Bytes, Headers } from '../record/record.ts';
import { DEAD_LETTER_HEADERS } from '../sink/dead-letter.ts';
import { withoutLast } from './header-values.ts';
import { REPLAY_HEADERS } from './replay-headers.ts';

export interface DeadLetterReason {
  /** deserialization, timestamp, processing, production, nullKey, late; source: what a source gave that is no event; empty for what another program has written. */
  readonly kind: string;
  /** Name of the error's class. */
  readonly exception: string;
  readonly message: string;
  readonly stacktrace: string;
  /** The task that met it, such as `0_3`, and its application. */
  readonly taskId: string;
  readonly applicationId: string;
}

/** `topic`, `partition` and `offset` are where the dead letter lies; `source` is where its record came from. */
export interface DeadLetterRecord extends PartitionOffset {
  /** When it became a dead letter, epoch ms. */
  readonly deadLetteredAtMs: number;
  readonly reason: DeadLetterReason;
  /** null: the headers do not say. An offset of -1: the record was made on the way. */
  readonly source: PartitionOffset | null;
  /** Of the record itself, epoch ms: its event time, where that is not in its value. */
  readonly timestampMs: number;
  readonly rawKey: Bytes | null;
  readonly rawValue: Bytes | null;
  /** Of the record itself, without those that say why it is here, and those of a replay. */
  readonly headers: Headers;
  /** Size of the value, where the topic could not take it and it was left out; else null. */
  readonly omittedValueBytes: number | null;
  /** How often it had been replayed from this topic before it became this dead letter. */
  readonly replays: number;
}

/** A record of a dead-letter topic. Key, value and headers are kept, so must not be views of what others write. */
export interface RawDeadLetter extends PartitionOffset {
  readonly timestampMs: number;
  readonly rawKey: Bytes | null;
  readonly rawValue: Bytes | null;
  readonly headers: Headers;
}

const OWN_HEADERS: readonly string[] = [
  ...Object.values(DEAD_LETTER_HEADERS),
  ...Object.values(REPLAY_HEADERS),
];

export function toDeadLetterRecord(raw: RawDeadLetter): DeadLetterRecord {
  const { own, rest } = withoutLast(raw.headers, OWN_HEADERS);
  const text = (name: string) => own.get(name) ?? '';
  const { topic, partition, offset, rawKey, rawValue } = raw;
  const names = DEAD_LETTER_HEADERS;
  return {
    topic,
    partition,
    offset,
    deadLetteredAtMs: raw.timestampMs,
    reason: {
      kind: text(names.kind),
      exception: text(names.exception),
      message: text(names.message),
      stacktrace: text(names.stacktrace),
      taskId: text(names.task),
      applicationId: text(names.application),
    },
    source: sourceOf(own),
    timestampMs: wholeNumber(own.get(names.timestamp)) ?? raw.timestampMs,
    rawKey,
    rawValue,
    headers: rest,
    omittedValueBytes: wholeNumber(own.get(names.omittedBytes)),
    // headers travel on to what is made of a record: the count of another application's replay is not ours
    replays: own.get(REPLAY_HEADERS.topic) === topic ? (wholeNumber(own.get(REPLAY_HEADERS.count)) ?? 0) : 0,
  };
}

function sourceOf(own: ReadonlyMap<string, string>): PartitionOffset | null {
  const topic = own.get(DEAD_LETTER_HEADERS.topic) ?? '';
  const partition = wholeNumber(own.get(DEAD_LETTER_HEADERS.partition));
  const offset = wholeNumber(own.get(DEAD_LETTER_HEADERS.offset));
  return topic === '' || partition === null || offset === null ? null : { topic, partition, offset };
}

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^-?\d{1,16}$/.test(text) ? Number(text) : null;
}
