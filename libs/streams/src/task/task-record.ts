/** The input record that a task processes now: the head of a queue, or one that an operator had held back, or none. */
import type { CapturedRecord, CurrentRecord } from '../processor/operator.ts';
import type { Headers } from '../record/record.ts';
import type { RecordQueue } from '../source/record-queue.ts';
import type { RecordTrace } from './record-trace.ts';

const NO_HEADERS: Headers = [];
const NO_RECORD: CapturedRecord = {
  topic: '',
  partition: -1,
  offset: -1,
  timestampMs: -1,
  rawKey: null,
  rawValue: null,
  headers: NO_HEADERS,
};

export class TaskRecord implements CurrentRecord {
  #queue: RecordQueue | null = null;
  #captured: CapturedRecord = NO_RECORD;
  readonly #trace: RecordTrace | null;

  constructor(trace: RecordTrace | null = null) {
    this.#trace = trace;
  }

  /** The head of a queue; null: none. */
  set(queue: RecordQueue | null): void {
    if (this.#queue === queue && this.#captured === NO_RECORD) return; // the next record of the same queue
    this.#queue = queue;
    this.#captured = NO_RECORD;
    if (queue === null) this.#trace?.leave();
  }
  restore(record: CapturedRecord): void {
    this.#trace?.leave(record.headers);
    this.#queue = null;
    this.#captured = record;
  }
  without(action: () => void): void {
    const queue = this.#queue;
    const captured = this.#captured;
    this.#queue = null;
    this.#captured = NO_RECORD;
    try {
      action();
    } finally {
      this.#queue = queue;
      this.#captured = captured;
    }
  }

  get topic(): string {
    return this.#queue?.topic ?? this.#captured.topic;
  }
  get partition(): number {
    return this.#queue?.partition ?? this.#captured.partition;
  }
  get offset(): number {
    return this.#queue?.offset ?? this.#captured.offset;
  }
  get sizeBytes(): number {
    if (this.#queue !== null) return this.#queue.headBytes;
    return (this.#captured.rawKey?.length ?? 0) + (this.#captured.rawValue?.length ?? 0);
  }
  headers(): Headers {
    const headers = this.#queue === null ? this.#captured.headers : this.#queue.headers();
    return this.#trace === null ? headers : this.#trace.outgoing(headers);
  }
  capture(): CapturedRecord {
    const record = this.#queue === null ? this.#captured : this.#queue.capture();
    return this.#trace === null ? record : { ...record, headers: this.#trace.outgoing(record.headers) };
  }
}
