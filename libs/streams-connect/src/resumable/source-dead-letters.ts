/** Dead letters of a source: the bytes that were no event, with why, in the transaction that moves the position behind them. */
import { bytes, DEAD_LETTER_HEADERS, type Bytes, type OutputBatch } from '@hiveframe/streams';
import { TopicBatches } from '../source/topic-batches.ts';
import { headersBytes, TopicEncoder, type EncodedRecord } from '../source/topic-encoder.ts';
import type { ResolvedResumableOptions } from './resumable-options.ts';
import type { RejectedEvent } from './resumable-source.ts';

export type DeadLetterOptions = Pick<
  ResolvedResumableOptions<never, never, never>,
  'log' | 'name' | 'applicationId' | 'deadLetterTopic' | 'clock'
>;

const MESSAGE_LIMIT = 4_096;

export class SourceDeadLetters {
  readonly #options: DeadLetterOptions;
  readonly #encoder: TopicEncoder<null, Bytes>;
  readonly #batches: TopicBatches;

  /** @throws LogError `unknownTopic` when there is no topic for them */
  static async open(options: DeadLetterOptions): Promise<SourceDeadLetters> {
    const target = { name: options.deadLetterTopic, key: null, value: bytes() };
    return new SourceDeadLetters(options, await TopicEncoder.open<null, Bytes>(options.log, target));
  }

  private constructor(options: DeadLetterOptions, encoder: TopicEncoder<null, Bytes>) {
    this.#options = options;
    this.#encoder = encoder;
    this.#batches = new TopicBatches(encoder);
  }

  /** Without its bytes where the topic does not take so many. */
  encode({ raw, reason }: RejectedEvent): EncodedRecord {
    const timestampMs = this.#options.clock.nowMs();
    const headers = this.#reasons(reason, timestampMs);
    const room = this.#encoder.maxRecordBytes - headersBytes(headers) - 512;
    if (raw.length <= room) return this.#encoder.encode({ key: null, value: raw, timestampMs, headers });
    headers.push(text(DEAD_LETTER_HEADERS.omittedBytes, String(raw.length)));
    return this.#encoder.encode({ key: null, value: null as unknown as Bytes, timestampMs, headers });
  }

  #reasons(reason: Error, nowMs: number): [string, Bytes | null][] {
    const { name, applicationId } = this.#options;
    return [
      text(DEAD_LETTER_HEADERS.exception, reason.name),
      text(DEAD_LETTER_HEADERS.message, reason.message.slice(0, MESSAGE_LIMIT)),
      text(DEAD_LETTER_HEADERS.kind, 'source'),
      text(DEAD_LETTER_HEADERS.task, name),
      text(DEAD_LETTER_HEADERS.application, applicationId),
      text(DEAD_LETTER_HEADERS.time, new Date(nowMs).toISOString()),
    ];
  }

  append(record: EncodedRecord): void {
    this.#batches.append(record);
  }
  take(): OutputBatch[] {
    return this.#batches.take();
  }
}

function text(name: string, value: string): [string, Bytes] {
  return [name, Buffer.from(value)];
}
