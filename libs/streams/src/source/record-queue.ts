/** The records of one input partition, as fetched, and the head record, deserialized.
 *  Q1 `position` is what a commit of now may claim: every record before it was passed on or given to a handler.
 *  Q2 Deserialization happens when a record becomes the head; if it throws, the cursor stays on that record until `consumed()`.
 *  Q3 A watermark among the records of a repartition topic is heard when all records before it are done, and is no record. */
import { RecordCursor, utf8 } from '../record-batch/index.ts';
import { DeserializationError, TimestampError } from '../errors/streams.error.ts';
import type { FetchedRecords, TopicPartition } from '../ports/log.ts';
import type { Headers, RecordOrigin } from '../record/record.ts';
import type { Next, CapturedRecord } from '../processor/operator.ts';
import { SerdeNotReadyError } from '../serde/not-ready.ts';
import type { Serde, SerdeContext } from '../serde/serde.ts';
import type { EventTime, SourceSpec } from '../topology/graph.ts';

type Listener = (headers: Headers) => boolean;

/** The latest instant that a Date can hold. */
const MAX_TIMESTAMP_MS = 8.64e15;

export class RecordQueue implements TopicPartition, RecordOrigin {
  readonly topic: string;
  readonly partition: number;
  /** Its place among the task's inputs. */
  readonly index: number;
  readonly source: SourceSpec;
  /** What receives its records. */
  readonly chain: Next;
  readonly cursor = new RecordCursor();

  key: unknown = null;
  value: unknown = null;
  timestampMs = 0;
  position = 0;
  bufferedBytes = 0;
  /** The end of what may be read, as known last: whether an empty queue is behind (Kafka Streams takes the same as lag). */
  endOffset = 0;

  #fetched: FetchedRecords[] = [];
  #current: FetchedRecords | null = null;
  /** The cursor stands on a record that was not consumed yet. */
  #onRecord = false;
  #hasHead = false;
  /** Whether it was active: see `wasActive`. */
  #seenPosition = 0;
  readonly #hear: Listener | null;
  readonly #keySerde: RangeSerde;
  readonly #keyContext: SerdeContext;
  readonly #valueSerde: RangeSerde;
  readonly #valueContext: SerdeContext;
  readonly #nullPasses: boolean;
  readonly #eventTime: EventTime | null;

  /** @param hear takes the headers of a record without key and value; false: it is an ordinary record */
  constructor(
    at: TopicPartition,
    index: number,
    source: SourceSpec,
    chain: Next,
    hear: Listener | null = null,
  ) {
    this.topic = at.topic;
    this.partition = at.partition;
    this.index = index;
    this.source = source;
    this.chain = chain;
    this.#hear = hear;
    this.#keySerde = source.key === null ? NO_KEY : withRange(source.key);
    this.#keyContext = { topic: at.topic, part: 'key', headers: () => this.headers() };
    this.#valueSerde = withRange(source.value);
    this.#valueContext = { topic: at.topic, part: 'value', headers: () => this.headers() };
    this.#nullPasses = source.topic.internal || source.table === true;
    this.#eventTime = source.eventTime;
  }

  get offset(): number {
    return this.cursor.offset;
  }
  headers(): Headers {
    return this.cursor.headers();
  }
  /** Of the head's key and value, as they came. */
  get headBytes(): number {
    const { keyStart, keyEnd, valueStart, valueEnd } = this.cursor;
    return keyEnd - keyStart + (valueEnd - valueStart);
  }

  add(fetched: FetchedRecords): void {
    this.endOffset = fetched.lastStableOffset;
    if (fetched.batches.length === 0 && this.#current === null && this.#fetched.length === 0) {
      this.position = fetched.nextOffset;
      return;
    }
    this.#fetched.push(fetched);
    this.bufferedBytes += fetched.sizeBytes;
  }

  /** Forgets everything and goes on from `offset`, with the end of the partition where it is known. */
  reset(offset: number, endOffset: number = offset): void {
    this.#fetched = [];
    this.#current = null;
    this.#onRecord = this.#hasHead = false;
    this.cursor.reset([], 0);
    this.bufferedBytes = 0;
    this.position = this.#seenPosition = offset;
    this.endOffset = endOffset;
  }

  get isEmpty(): boolean {
    return !this.#onRecord && this.#current === null && this.#fetched.length === 0;
  }
  get isBehind(): boolean {
    return this.position < this.endOffset;
  }

  /** Whether records wait, are known to be in the log, or have come since it was asked last. */
  wasActive(): boolean {
    const hasMoved = this.position !== this.#seenPosition;
    this.#seenPosition = this.position;
    return hasMoved || !this.isEmpty || this.isBehind;
  }

  /** Whether there is a head: if not, what failed was reading it. */
  get hasHead(): boolean {
    return this.#hasHead;
  }

  /** Makes the next record the head; false when there is none. @throws DeserializationError, TimestampError, SerdeNotReadyError */
  advance(): boolean {
    if (this.#hasHead) return true;
    if (!this.#onRecord && !this.#nextRecord()) return false;
    this.#onRecord = true;
    this.#deserialize();
    this.#hasHead = true;
    return true;
  }

  /** The head (or the record that could not become one) is done. */
  consumed(): void {
    this.position = this.cursor.offset + 1;
    this.#onRecord = this.#hasHead = false;
  }

  capture(): CapturedRecord {
    const { cursor } = this;
    return {
      topic: this.topic,
      partition: this.partition,
      offset: cursor.offset,
      timestampMs: cursor.timestampMs,
      rawKey: cursor.key(),
      rawValue: cursor.value(),
      headers: cursor.headers(),
    };
  }

  #nextRecord(): boolean {
    for (;;) {
      if (this.cursor.next()) {
        if (this.#hear === null || !this.#isHeard(this.#hear)) return true;
        continue;
      }
      const done = this.#current;
      if (done !== null) {
        this.position = done.nextOffset;
        this.bufferedBytes -= done.sizeBytes;
        this.#current = null;
      }
      const next = this.#fetched.shift();
      if (next === undefined) return false;
      this.#current = next;
      this.cursor.reset(next.batches, next.fromOffset);
    }
  }

  #isHeard(hear: Listener): boolean {
    const { cursor } = this;
    if (cursor.keyStart >= 0 || cursor.valueStart >= 0 || !cursor.hasHeaders()) return false;
    if (!hear(cursor.headers())) return false;
    this.position = cursor.offset + 1;
    return true;
  }

  #deserialize(): void {
    const { cursor } = this;
    const { buffer } = cursor;
    let part: Part = 'key';
    let timestampMs: number;
    try {
      const { keyStart, keyEnd } = cursor;
      this.key =
        keyStart < 0 ? null : this.#keySerde.deserializeRange(buffer, keyStart, keyEnd, this.#keyContext);
      part = 'value';
      const { valueStart, valueEnd } = cursor;
      this.value =
        valueStart < 0
          ? this.#nullValue()
          : this.#valueSerde.deserializeRange(buffer, valueStart, valueEnd, this.#valueContext);
      part = 'event time';
      timestampMs = this.#eventTimeMs();
    } catch (cause) {
      if (cause instanceof SerdeNotReadyError) throw cause;
      throw unreadable(this, part, cause);
    }
    if (!(Number.isFinite(timestampMs) && timestampMs >= 0 && timestampMs <= MAX_TIMESTAMP_MS))
      throw badTimestamp(this, timestampMs);
    this.timestampMs = Math.floor(timestampMs); // Kafka has whole milliseconds
  }

  #eventTimeMs(): number {
    const { timestampMs } = this.cursor;
    if (this.#eventTime === null || this.value === null) return timestampMs;
    return this.#eventTime(this.key, this.value, timestampMs, this);
  }

  /** A topic from outside has no null values for a stream: user functions need not expect them. For a table they are deletions, which
   *  topics of the application carry too; they have the time of their record. */
  #nullValue(): null {
    if (this.#nullPasses) return null;
    throw new Error('the value is null');
  }
}

type Part = 'key' | 'value' | 'event time';
type RangeSerde = Required<Pick<Serde<unknown>, 'deserializeRange'>>;

const NO_KEY: RangeSerde = { deserializeRange: () => null };

function withRange(serde: Serde<unknown>): RangeSerde {
  if (serde.deserializeRange !== undefined) return serde as RangeSerde;
  return {
    deserializeRange: (buffer, start, end, context) =>
      serde.deserialize(buffer.subarray(start, end), context),
  };
}

function unreadable(queue: RecordQueue, part: Part, cause: unknown): Error {
  const at = describe(queue);
  if (part === 'event time')
    return new TimestampError(`Cannot read the event time of ${at}: ${text(cause)}`, { cause });
  return new DeserializationError(
    `Cannot deserialize the ${part} of ${at}: ${text(cause)}${excerpt(queue, part)}`,
    { cause },
  );
}

function describe(origin: RecordOrigin): string {
  return `${origin.topic}-${origin.partition} at offset ${origin.offset}`;
}
function text(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
/** The beginning of what could not be read. */
function excerpt(queue: RecordQueue, part: 'key' | 'value'): string {
  const { cursor } = queue;
  const [start, end] =
    part === 'key' ? [cursor.keyStart, cursor.keyEnd] : [cursor.valueStart, cursor.valueEnd];
  if (start < 0) return '';
  const shown = utf8(cursor.buffer, start, Math.min(end, start + 80));
  return ` (${end - start} bytes, beginning ${JSON.stringify(shown)})`;
}
function badTimestamp(queue: RecordQueue, timestampMs: unknown): TimestampError {
  return new TimestampError(
    `Cannot use the event time of ${describe(queue)}: ${String(timestampMs)} is not between 0 and ${MAX_TIMESTAMP_MS} ms since 1970.`,
  );
}
