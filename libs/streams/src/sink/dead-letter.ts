/** Dead letters: the raw record, with why, where and when, in the transaction that also skips its offset (D42).
 *  Header names are those of KIP-1034 where it has one. */
import type { CapturedRecord } from '../processor/operator.ts';
import type { Headers } from '../record/record.ts';
import type { TopicOutput } from './record-collector.ts';

export const DEAD_LETTER_HEADERS = {
  exception: '__streams.errors.exception',
  message: '__streams.errors.message',
  stacktrace: '__streams.errors.stacktrace',
  topic: '__streams.errors.topic',
  partition: '__streams.errors.partition',
  offset: '__streams.errors.offset',
  /** Ours: the record's own timestamp (epoch ms; the dead letter carries the time at which it became one), which class of failure, who
   *  met it, when (ISO 8601), and what was left out because the topic could not take it. */
  timestamp: '__streams.errors.timestamp',
  kind: '__streams.errors.kind',
  task: '__streams.errors.task',
  application: '__streams.errors.application',
  time: '__streams.errors.time',
  omittedBytes: '__streams.errors.omitted.value.bytes',
} as const;

export interface DeadLetter {
  readonly kind: string;
  readonly error: Error;
  readonly record: CapturedRecord;
}

const STACK_LIMIT = 4_096;

export class DeadLetterOutput {
  readonly #output: TopicOutput;
  readonly #numPartitions: number;
  readonly #maxRecordBytes: number;
  readonly #source: { readonly taskId: string; readonly applicationId: string; nowMs(): number };

  constructor(
    output: TopicOutput,
    limits: { readonly numPartitions: number; readonly maxRecordBytes: number },
    source: { readonly taskId: string; readonly applicationId: string; nowMs(): number },
  ) {
    this.#output = output;
    this.#numPartitions = limits.numPartitions;
    this.#maxRecordBytes = limits.maxRecordBytes;
    this.#source = source;
  }

  append(letter: DeadLetter): void {
    const { record } = letter;
    const headers = [...record.headers, ...this.#reasons(letter)];
    const size = (record.rawKey?.length ?? 0) + (record.rawValue?.length ?? 0) + headersBytes(headers);
    const fits = size + 256 <= this.#maxRecordBytes;
    if (!fits) headers.push(text(DEAD_LETTER_HEADERS.omittedBytes, String(record.rawValue?.length ?? 0)));
    this.#output.append(
      Math.max(0, record.partition) % this.#numPartitions,
      record.rawKey,
      fits ? record.rawValue : null,
      this.#source.nowMs(),
      headers,
    );
  }

  #reasons({ kind, error, record }: DeadLetter): [string, Uint8Array | null][] {
    const names = DEAD_LETTER_HEADERS;
    return [
      text(names.exception, error.name),
      text(names.message, error.message),
      text(names.stacktrace, (error.stack ?? '').slice(0, STACK_LIMIT)),
      text(names.topic, record.topic),
      text(names.partition, String(record.partition)),
      text(names.offset, String(record.offset)),
      text(names.timestamp, String(record.timestampMs)),
      text(names.kind, kind),
      text(names.task, this.#source.taskId),
      text(names.application, this.#source.applicationId),
      text(names.time, new Date(this.#source.nowMs()).toISOString()),
    ];
  }
}

function text(name: string, value: string): [string, Uint8Array] {
  return [name, Buffer.from(value)];
}
function headersBytes(headers: Headers): number {
  return headers.reduce((sum, [name, value]) => sum + name.length * 3 + (value?.length ?? 0) + 8, 0);
}
