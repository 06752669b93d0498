/** Hands the records of one partition of a sink's topic to the sink, in batches.
 *  W1 The task drains before it commits, so committed offsets never pass what the sink has: at least once.
 *  W2 A sink that keeps its position says in `open` where it stands: what is before is not written again. */
import type { Sink, SinkPosition, SinkRecord } from '../../sink/sink.ts';
import { TimeoutError } from '../../errors/streams.error.ts';
import { SinkError } from '../../sink/sink.ts';
import type { Holder, Operator, OperatorContext } from '../operator.ts';

/** Also what is gathered between two commits before the task waits for the sink. */
const MAX_BATCH_RECORDS = 1_000;
const MAX_PENDING_BYTES = 4 * 1024 * 1024;
/** About a second and a half of trying; then the task fails and starts over from its committed offsets. */
const MAX_ATTEMPTS = 5;
const FIRST_BACKOFF_MS = 100;
/** A sink that has not answered by then never will; what it was given may still arrive. */
const ANSWER_TIMEOUT_MS = 120_000;

export function sinkWriter(sink: Sink<unknown, unknown>): Operator {
  return {
    build(context) {
      const writer = new SinkWriter(sink, context);
      context.hold(writer);
      return (key, value, timestampMs) => writer.take(key, value, timestampMs);
    },
  };
}

class SinkWriter implements Holder {
  readonly limit = MAX_BATCH_RECORDS;
  readonly #sink: Sink<unknown, unknown>;
  readonly #context: OperatorContext;
  #pending: SinkRecord<unknown, unknown>[] = [];
  /** As the records came; about. */
  #pendingBytes = 0;
  /** What the sink has, once it is opened. */
  #position: SinkPosition | null = null;
  #isOpen = false;
  #isAbandoned = false;

  constructor(sink: Sink<unknown, unknown>, context: OperatorContext) {
    this.#sink = sink;
    this.#context = context;
  }

  get held(): number {
    return this.#pending.length;
  }
  get isFull(): boolean {
    return this.#pending.length >= MAX_BATCH_RECORDS || this.#pendingBytes >= MAX_PENDING_BYTES;
  }

  take(key: unknown, value: unknown, timestampMs: number): void {
    const { topic, partition, offset, sizeBytes } = this.#context.record;
    this.#pendingBytes += sizeBytes;
    this.#pending.push({ key, value, timestampMs, topic, partition, offset });
  }

  abandon(): void {
    this.#isAbandoned = true;
  }

  async drain(): Promise<void> {
    while (this.#pending.length > 0) {
      await this.#persistently(() => this.#writeOneBatch());
    }
    this.#pendingBytes = 0;
  }

  room(): Promise<void> {
    return this.drain();
  }

  /** The batch stays pending until the sink has it. */
  async #writeOneBatch(): Promise<void> {
    if (!this.#isOpen) await this.#open();
    const known = this.#position?.offset ?? -1;
    this.#pending = this.#pending.filter(({ offset }) => offset >= known);
    const batch = this.#pending.slice(0, MAX_BATCH_RECORDS);
    if (batch.length === 0) return;
    const position = { offset: batch.at(-1)!.offset + 1 };
    await this.#sink.write(batch, position);
    this.#position = position;
    this.#pending = this.#pending.slice(batch.length);
  }

  async #open(): Promise<void> {
    const { topic, partition } = this.#pending[0]!;
    this.#position = await this.#sink.open(topic, partition);
    this.#isOpen = true;
  }

  async #persistently(action: () => Promise<void>): Promise<void> {
    const { clock, logger } = this.#context;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#inTime(action());
      } catch (cause) {
        const error = this.#failure(cause);
        const isHopeless = attempt === MAX_ATTEMPTS || cause instanceof TimeoutError;
        if (isHopeless || this.#isAbandoned) throw error;
        logger.log('warn', error.message, { sink: this.#sink.name, attempt });
        await clock.delay(FIRST_BACKOFF_MS * 2 ** (attempt - 1));
        if (this.#isAbandoned) throw error;
      }
    }
  }

  /** Not tried again in place: calls for one partition never overlap, the task starts over with `open`. */
  async #inTime(action: Promise<void>): Promise<void> {
    const answered = new AbortController();
    const late = this.#context.clock.delay(ANSWER_TIMEOUT_MS, answered.signal).then(() => {
      if (answered.signal.aborted) return;
      throw new TimeoutError(`no answer within ${ANSWER_TIMEOUT_MS / 1000} s`);
    });
    try {
      await Promise.race([action, late]);
    } finally {
      answered.abort();
    }
  }

  #failure(cause: unknown): SinkError {
    const { topic, partition, offset } = this.#pending[0]!;
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new SinkError(
      `Cannot write ${this.#pending.length} records of ${topic}-${partition} from offset ${offset} to sink ${this.#sink.name}: ${reason}`,
      { cause },
    );
  }
}
