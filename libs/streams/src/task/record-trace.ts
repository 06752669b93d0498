/** The trace of the record that a task processes now, and of the batch it belongs to.
 *  R1 What becomes of a traced record carries the context that its batch gave for it; of any other record, that of the batch.
 *  R2 A record that was captured has the context already that its results will carry: it may be passed on in a later batch.
 *  R3 Changelogs carry none: they have no headers. */
import type { BatchTrace, Tracing } from '../ports/runtime.ts';
import type { Headers } from '../record/record.ts';
import type { RecordQueue } from '../source/record-queue.ts';

export const TRACEPARENT = 'traceparent';

/** A header may be anything: what is none does not reach the log. */
const IDS = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-/;

/** For log lines, as OpenTelemetry names them. */
export interface TraceIds {
  readonly trace_id: string;
  readonly span_id: string;
}

export class RecordTrace {
  readonly #tracing: Tracing;
  readonly #at: { readonly application: string; readonly taskId: string };
  #batch: BatchTrace | null = null;
  #numRecords = 0;
  /** Of the record that is processed now: as it came, and for what becomes of it. */
  #incoming: string | null = null;
  #outgoing: string | null = null;
  #queue: RecordQueue | null = null;
  #offset = -1;

  constructor(tracing: Tracing, application: string, taskId: string) {
    this.#tracing = tracing;
    this.#at = { application, taskId };
  }

  /** The head of the queue is processed next, or could not become one. */
  enter(queue: RecordQueue): void {
    if (this.#queue === queue && this.#offset === queue.offset) return; // it failed while it was processed
    this.#queue = queue;
    this.#offset = queue.offset;
    const batch = this.#current();
    this.#numRecords++;
    this.#incoming = queue.cursor.hasHeaders() ? traceparentOf(queue.headers()) : null;
    this.#outgoing = this.#incoming === null ? null : batch.record(this.#incoming, queue);
  }

  /** None, or one that was captured (R2). */
  leave(captured?: Headers): void {
    this.#incoming = null;
    this.#outgoing = captured === undefined ? null : traceparentOf(captured);
  }

  /** Of a record that comes from one with these headers. */
  outgoing(headers: Headers): Headers {
    const context = traceparentOf(headers);
    if (context === null) return this.#withBatch(headers);
    if (context !== this.#incoming || this.#outgoing === null) return headers;
    const own = Buffer.from(this.#outgoing);
    return headers.map((header) => (header[0] === TRACEPARENT ? ([TRACEPARENT, own] as const) : header));
  }

  #withBatch(headers: Headers): Headers {
    const { traceparent } = this.#current();
    return traceparent === null ? headers : [...headers, [TRACEPARENT, Buffer.from(traceparent)]];
  }

  /** Begun by its first record, or by what a punctuation or the close of a window writes before. */
  #current(): BatchTrace {
    return (this.#batch ??= this.#tracing.startBatch(this.#at));
  }

  /** What is sealed now is its own batch: gives what ends that, with the failure if there is one. */
  takeBatch(): (error?: Error) => void {
    const batch = this.#batch;
    const numRecords = this.#numRecords;
    this.#batch = null;
    this.#numRecords = 0;
    this.leave();
    return (error) => batch?.end({ numRecords, ...(error && { error }) });
  }

  get ids(): TraceIds | null {
    const context = this.#outgoing ?? this.#incoming ?? this.#batch?.traceparent ?? '';
    const [, trace_id, span_id] = IDS.exec(context) ?? [];
    return trace_id === undefined || span_id === undefined ? null : { trace_id, span_id };
  }
}

function traceparentOf(headers: Headers): string | null {
  for (const [name, value] of headers) {
    if (name === TRACEPARENT && value !== null) return Buffer.from(value).toString('latin1');
  }
  return null;
}
