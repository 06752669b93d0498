/** The engine's tracing port on OpenTelemetry: a span for each batch of a task, and one for each of its sampled records.
 *  B1 A record's span is a child of the context that its header carries, so a trace goes on through topic after topic; it ends with
 *     the commit, when what became of the record can be seen.
 *  B2 The batch's span is a root, with links to the spans of its records; beyond `maxRecordSpans` to the contexts in their headers;
 *     beyond `maxLinks` they are only counted. */
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Span,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import type { BatchTrace, RecordOrigin, Tracing } from '@hiveframe/streams';
import { formatTraceparent, parseTraceparent } from './traceparent.ts';

export interface OtelTracingOptions {
  /** Its sampler decides about batches, and whether it follows the decision that a record carries.
   *  @defaultValue the global one, which traces nothing until an SDK has registered its own */
  readonly tracerProvider?: TracerProvider;
  /** Sampled records of one batch that get spans of their own. @defaultValue 32 */
  readonly maxRecordSpans?: number;
  /** Of one batch's span. @defaultValue 128, as OpenTelemetry's limit */
  readonly maxLinks?: number;
}

/** Give it as `tracing` to the configuration of an application; of stream threads each makes its own. */
export function otelTracing({
  tracerProvider = trace.getTracerProvider(),
  maxRecordSpans = 32,
  maxLinks = 128,
}: OtelTracingOptions = {}): Tracing {
  const tracer = tracerProvider.getTracer('@hiveframe/streams');
  return {
    startBatch: ({ application, taskId }) =>
      new OtelBatch(tracer, application, taskId, { maxRecordSpans, maxLinks }),
  };
}

type Limits = Required<Pick<OtelTracingOptions, 'maxRecordSpans' | 'maxLinks'>>;

class OtelBatch implements BatchTrace {
  readonly traceparent: string | null;
  readonly #tracer: Tracer;
  readonly #limits: Limits;
  readonly #attributes: Attributes;
  readonly #span: Span;
  readonly #records: Span[] = [];
  #numLinks = 0;
  #numUnlinked = 0;

  constructor(tracer: Tracer, application: string, taskId: string, limits: Limits) {
    this.#tracer = tracer;
    this.#limits = limits;
    this.#attributes = {
      'messaging.system': 'kafka',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.consumer.group.name': application,
      'hiveframe.streams.task.id': taskId,
    };
    const options = { kind: SpanKind.CONSUMER, attributes: this.#attributes, root: true };
    this.#span = tracer.startSpan(`process task ${taskId}`, options, ROOT_CONTEXT);
    this.traceparent = this.#span.isRecording() ? formatTraceparent(this.#span.spanContext()) : null;
  }

  record(traceparent: string, at: RecordOrigin): string | null {
    const context = parseTraceparent(traceparent);
    if (context === null || (context.traceFlags & TraceFlags.SAMPLED) === 0) return null;
    if (this.#records.length >= this.#limits.maxRecordSpans) {
      this.#link(context);
      return null;
    }
    const span = this.#tracer.startSpan(
      `process ${at.topic}`,
      {
        kind: SpanKind.CONSUMER,
        attributes: {
          ...this.#attributes,
          'messaging.destination.name': at.topic,
          'messaging.destination.partition.id': String(at.partition),
          'messaging.kafka.offset': at.offset,
        },
        links: [{ context: this.#span.spanContext() }],
      },
      trace.setSpanContext(ROOT_CONTEXT, context),
    );
    if (!span.isRecording()) return null;
    this.#records.push(span);
    this.#link(span.spanContext());
    return formatTraceparent(span.spanContext());
  }

  #link(context: ReturnType<Span['spanContext']>): void {
    if (this.#numLinks < this.#limits.maxLinks) {
      this.#numLinks++;
      this.#span.addLink({ context });
    } else {
      this.#numUnlinked++;
    }
  }

  end({ numRecords, error }: { readonly numRecords: number; readonly error?: Error }): void {
    this.#span.setAttribute('messaging.batch.message_count', numRecords);
    if (this.#numUnlinked > 0)
      this.#span.setAttribute('hiveframe.streams.unlinked_records', this.#numUnlinked);
    if (error !== undefined) this.#span.recordException(error);
    const endMs = Date.now();
    for (const span of [...this.#records, this.#span]) {
      if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
      span.end(endMs);
    }
  }
}
