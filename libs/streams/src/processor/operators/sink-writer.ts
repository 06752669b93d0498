/** Hands the records of one partition of a sink's topic to the sink, in batches.
 *  W1 The task drains before it commits, so committed offsets never pass what the sink has: at least once.
 *  W2 A sink that keeps its position says where it stands when it is opened: what is before is not written again.
 *  W3 After a write that failed nobody knows whether the rows are there: the partition is opened anew, and says it. Did it go anywhere
 *     else meanwhile, then by another owner's hand, whose rejections are not ours to forget: this one ends.
 *  W4 A record that the sink rejects goes to the processing handler; until its dead letter is committed, the position in the sink
 *     names it. */
import type { CapturedRecord } from '../../record/record.ts';
import { TaskCorruptedError, TimeoutError } from '../../errors/streams.error.ts';
import { answerInTime, openSinkPartition } from '../../sink/open-sink-partition.ts';
import {
  SinkError,
  type RejectedRecord,
  type SinkFailure,
  type SinkPartition,
  type SinkRecord,
  type StreamSink,
} from '../../sink/sink.ts';
import type { Holder, Operator, OperatorContext } from '../operator.ts';
import { HeldRecordError } from './held-record.error.ts';
import { UncommittedRejections } from './uncommitted-rejections.ts';

/** Also what is gathered between two commits before the task waits for the sink. */
const MAX_BATCH_RECORDS = 1_000;
const MAX_PENDING_BYTES = 4 * 1024 * 1024;
/** About a second and a half of trying; then the task fails and starts over. */
const MAX_ATTEMPTS = 5;
const FIRST_BACKOFF_MS = 100;

export function sinkWriter(sink: StreamSink<unknown, unknown>): Operator {
  return {
    build(context) {
      const writer = new SinkWriter(sink, context);
      context.hold(writer);
      context.beforeCommit(() => writer.sealRejections());
      return (key, value, timestampMs) => writer.take(key, value, timestampMs);
    },
  };
}

interface PendingRecord {
  readonly record: SinkRecord<unknown, unknown>;
  readonly captured: CapturedRecord;
}

class SinkWriter implements Holder {
  readonly limit = MAX_BATCH_RECORDS;
  readonly #sink: StreamSink<unknown, unknown>;
  readonly #context: OperatorContext;
  readonly #maxBatchRecords: number;
  /** null after a write that failed. */
  #partition: SinkPartition<unknown, unknown> | null;
  /** All before it are in the sink; -1: it does not say. */
  #nextOffset: number;
  /** What the last write was to make of it. */
  #attemptedOffset = -1;
  readonly #rejections: UncommittedRejections;
  #pending: PendingRecord[] = [];
  /** As the records came; about. */
  #pendingBytes = 0;
  /** Their handler is still to be asked. */
  #rejected: HeldRecordError[] = [];
  #isAbandoned = false;

  constructor(sink: StreamSink<unknown, unknown>, context: OperatorContext) {
    this.#sink = sink;
    this.#context = context;
    this.#maxBatchRecords = Math.min(sink.maxBatchRecords ?? MAX_BATCH_RECORDS, MAX_BATCH_RECORDS);
    this.#partition = context.openedSink();
    const { position } = this.#partition;
    this.#nextOffset = position?.offset ?? -1;
    this.#rejections = new UncommittedRejections(position?.rejected ?? []);
  }

  get held(): number {
    return this.#pending.length + this.#rejected.length;
  }
  get isFull(): boolean {
    return this.#pending.length >= MAX_BATCH_RECORDS || this.#pendingBytes >= MAX_PENDING_BYTES;
  }

  take(key: unknown, value: unknown, timestampMs: number): void {
    const { topic, partition, offset, sizeBytes } = this.#context.record;
    if (offset < this.#nextOffset && !this.#rejections.isInherited(offset)) return; // W2
    const captured = this.#context.record.capture();
    const record = { key, value, timestampMs, headers: captured.headers, topic, partition, offset };
    this.#pendingBytes += sizeBytes;
    this.#pending.push({ record, captured });
  }

  sealRejections(): void {
    this.#rejections.seal();
  }

  abandon(): void {
    this.#isAbandoned = true;
  }

  async drain(): Promise<void> {
    while (this.held > 0) {
      const rejected = this.#rejected.shift();
      if (rejected !== undefined) throw rejected;
      await this.#persistently(() => this.#writeOneBatch());
    }
    this.#pendingBytes = 0;
  }

  room(): Promise<void> {
    return this.drain();
  }

  /** The batch stays pending until the sink has it. */
  async #writeOneBatch(): Promise<void> {
    this.#partition ??= await this.#reopen();
    if (this.#isAbandoned) throw new SinkError('its task was closed');
    const batch = this.#pending.slice(0, this.#maxBatchRecords);
    if (batch.length === 0) return;
    const lastOffset = batch.at(-1)!.record.offset;
    const nextOffset = (this.#attemptedOffset = Math.max(this.#nextOffset, lastOffset + 1));
    const writing = this.#partition.write(
      batch.map(({ record }) => record),
      { offset: nextOffset, rejected: this.#rejections.upTo(lastOffset) },
    );
    const rejected = await answerInTime(writing, this.#context.clock);
    this.#nextOffset = nextOffset;
    for (const one of rejected ?? []) this.#reject(one, batch);
    this.#pending = this.#pending.slice(batch.length);
  }

  /** Records that the failed write did bring there are forgotten. One that it rejected as well is in the position's list. */
  async #reopen(): Promise<SinkPartition<unknown, unknown>> {
    const at = this.#pending[0]!.record;
    const opened = await openSinkPartition(this.#sink, at, this.#context.clock);
    if (this.#sink.guarantee === 'at_least_once') return opened;
    const { offset, rejected } = opened.position ?? { offset: -1, rejected: [] };
    if (offset < this.#nextOffset) {
      throw new TaskCorruptedError(`it stands at offset ${offset} and had confirmed ${this.#nextOffset}`);
    }
    if (offset !== this.#nextOffset && offset !== this.#attemptedOffset) {
      throw new SinkError(`another owner has brought it to offset ${offset}`, { failure: 'fenced' });
    }
    this.#nextOffset = offset;
    this.#pending = this.#pending.filter(
      ({ record }) => record.offset >= offset || rejected.includes(record.offset),
    );
    return opened;
  }

  #reject({ offset, reason }: RejectedRecord, batch: readonly PendingRecord[]): void {
    const captured = batch.find(({ record }) => record.offset === offset)?.captured;
    if (captured === undefined) {
      throw new SinkError(`it rejects offset ${offset}, which it was not given`, { failure: 'unusable' });
    }
    this.#rejections.add(offset);
    this.#rejected.push(
      new HeldRecordError(reason.message, {
        record: captured,
        operatorName: `sink ${this.#sink.name}`,
        cause: reason,
      }),
    );
  }

  async #persistently(action: () => Promise<void>): Promise<void> {
    const { clock, logger } = this.#context;
    for (let attempt = 1; ; attempt++) {
      try {
        return await action();
      } catch (cause) {
        this.#partition = null;
        const error = this.#failure(cause);
        if (attempt === MAX_ATTEMPTS || isHopeless(cause) || this.#isAbandoned) throw error;
        logger.log('warn', error.message, { sink: this.#sink.name, attempt });
        await clock.delay(FIRST_BACKOFF_MS * 2 ** (attempt - 1));
        if (this.#isAbandoned) throw error;
      }
    }
  }

  #failure(cause: unknown): SinkError {
    const { topic, partition, offset } = this.#pending[0]!.record;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const failure: SinkFailure = cause instanceof SinkError ? cause.failure : 'unavailable';
    return new SinkError(
      `Cannot write ${this.#pending.length} records of ${topic}-${partition} from offset ${offset} to sink ${this.#sink.name}: ${reason}`,
      { cause, failure },
    );
  }
}

/** Not tried again in place: nothing mends it, or the task must start over for it. */
function isHopeless(cause: unknown): boolean {
  if (cause instanceof SinkError) return cause.failure !== 'unavailable';
  return cause instanceof TimeoutError || cause instanceof TaskCorruptedError;
}
