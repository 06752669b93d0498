/** Takes events, and answers when they are in the log.
 *  I1 Nothing of a JSON body is written unless all of it is valid; all of it is written, or nothing.
 *  I2 Lines of NDJSON are written as they come, in order, those that came together at once. Whatever goes wrong, the first `accepted`
 *     events are in the log, and none behind those that were on their way.
 *  I3 No more than `maxInFlightBytes` wait for the log. A JSON body beyond that is refused; an NDJSON stream is not read meanwhile. */
import { randomUUID } from 'node:crypto';
import { LogError, partitionFor } from '@hiveframe/streams';
import { TopicEncoder, type EncodedRecord } from '@hiveframe/streams-connect';
import {
  BadRequestException,
  HttpException,
  HttpStatus,
  PayloadTooLargeException,
  ServiceUnavailableException,
} from '@nestjs/common';
import type { StreamsModuleOptions } from '../interfaces/streams-module-options.interface.ts';
import type { ApplicationLog } from '../lifecycle/application-log.ts';
import { within } from '../lifecycle/within.ts';
import { eventValidator, type EventIssue, type Validate } from './event-validator.ts';
import { InFlightBytes } from './in-flight-bytes.ts';
import { ingestHeaders } from './ingest-headers.ts';
import type { ResolvedIngestOptions } from './ingest-options.ts';
import { IngestWriter } from './ingest-writer.ts';
import { NotWrittenError, OutcomeUnknownError } from './ingest.errors.ts';
import { lineChunks, type NumberedLine } from './line-chunks.ts';

/** The body of a 202. */
export interface IngestAnswer {
  /** Events that are in the log. */
  readonly accepted: number;
}
/** In the body of a 400, one for each event that was refused. */
export interface EventError {
  /** From 0, in a JSON array. */
  readonly index?: number;
  /** From 1, in NDJSON. */
  readonly line?: number;
  readonly issues: readonly EventIssue[];
}

/** Told of a body at most. */
const MAX_ERRORS = 100;

interface Target<V, K> {
  readonly encoder: TopicEncoder<K, V>;
  readonly writer: IngestWriter;
}

export class IngestService<V, K> {
  readonly #options: ResolvedIngestOptions<V, K>;
  readonly #log: ApplicationLog;
  readonly #applicationId: string;
  readonly #validate: Validate<V>;
  readonly #inFlight: InFlightBytes;
  #target: Promise<Target<V, K>> | null = null;
  #isReleased = false;

  constructor(
    options: ResolvedIngestOptions<V, K>,
    log: ApplicationLog,
    { applicationId }: Pick<StreamsModuleOptions, 'applicationId'>,
  ) {
    this.#options = options;
    this.#log = log;
    this.#applicationId = applicationId;
    this.#validate = eventValidator(options.schema);
    this.#inFlight = new InFlightBytes(options.maxInFlightBytes);
    log.onRelease((timeoutMs) => this.#release(timeoutMs));
  }

  /** An event, or an array of them: I1. @throws HttpException */
  async accept(body: unknown, idempotencyKey: string | null): Promise<IngestAnswer> {
    const events = Array.isArray(body) ? (body as unknown[]) : [body];
    this.#requireBatch(events.length);
    const values = await this.#valid(events, Array.isArray(body));
    const { encoder, writer } = await this.#open();
    const records = values.map((value, index) => this.#encode(encoder, value, idempotencyKey, index));
    const bytes = sizeOf(records);
    if (!this.#inFlight.tryTake(bytes)) throw this.#busy();
    try {
      await writer.write(records);
    } catch (error) {
      throw toHttp(error);
    } finally {
      this.#inFlight.give(bytes);
    }
    return { accepted: records.length };
  }

  /** Lines of JSON: I2. @throws HttpException whose body says how many were accepted */
  async acceptLines(body: AsyncIterable<Buffer>, idempotencyKey: string | null): Promise<IngestAnswer> {
    let accepted = 0;
    try {
      for await (const lines of lineChunks(body, this.#options.maxEventBytes)) {
        const { values, refused } = await this.#validLines(lines);
        await this.#write(values, idempotencyKey, accepted);
        accepted += values.length;
        if (refused !== null) throw invalid('A line is not valid; those before it are accepted', [refused]);
      }
    } catch (error) {
      throw withAccepted(isBrokenOff(error) ? brokenOff() : toHttp(error), accepted);
    }
    return { accepted };
  }

  async #write(values: readonly V[], idempotencyKey: string | null, from: number): Promise<void> {
    if (values.length === 0) return;
    const { encoder, writer } = await this.#open();
    const records = values.map((value, index) => this.#encode(encoder, value, idempotencyKey, from + index));
    const bytes = sizeOf(records);
    await this.#inFlight.take(bytes);
    try {
      await writer.write(records);
    } finally {
      this.#inFlight.give(bytes);
    }
  }

  async #valid(events: readonly unknown[], isBatch: boolean): Promise<V[]> {
    const results = await Promise.all(events.map((event) => this.#validate(event)));
    const errors = results.flatMap((result, index) =>
      'issues' in result ? [{ ...(isBatch && { index }), issues: result.issues }] : [],
    );
    if (errors.length > 0)
      throw invalid(`${errors.length} of ${events.length} events are not valid; none was written`, errors);
    return results.flatMap((result) => ('value' in result ? [result.value] : []));
  }

  /** Up to the first that is not valid. */
  async #validLines(lines: readonly NumberedLine[]): Promise<{ values: V[]; refused: EventError | null }> {
    const values: V[] = [];
    for (const { number, text } of lines) {
      const event = parse(text);
      const result = 'issues' in event ? event : await this.#validate(event.value);
      if ('issues' in result) return { values, refused: { line: number, issues: result.issues } };
      values.push(result.value);
    }
    return { values, refused: null };
  }

  #encode(
    encoder: TopicEncoder<K, V>,
    value: V,
    idempotencyKey: string | null,
    index: number,
  ): EncodedRecord {
    const { key, timestampMs } = this.#options;
    const headers = idempotencyKey === null ? {} : { headers: ingestHeaders(idempotencyKey, index) };
    try {
      const record = { key: key(value), value, timestampMs: timestampMs(value), ...headers };
      const encoded = encoder.encode(record);
      this.#requireEvent(encoded);
      if (encoded.partition !== null || idempotencyKey === null) return encoded;
      return { ...encoded, partition: partitionFor(Buffer.from(idempotencyKey), encoder.numPartitions) };
    } catch (error) {
      if (error instanceof HttpException || error instanceof LogError) throw toHttp(error);
      const message = error instanceof Error ? error.message : String(error);
      throw invalid('An event cannot be encoded; it was not written', [{ index, issues: [{ message }] }]);
    }
  }

  #requireBatch(count: number): void {
    const { maxBatchEvents } = this.#options;
    if (count > maxBatchEvents)
      throw new PayloadTooLargeException(
        `A body may have ${maxBatchEvents} events, this one has ${count}. Send several, or application/x-ndjson.`,
      );
  }

  #requireEvent({ value }: EncodedRecord): void {
    const { maxEventBytes } = this.#options;
    if ((value?.length ?? 0) > maxEventBytes)
      throw new PayloadTooLargeException(
        `An event may have ${maxEventBytes} bytes, this one has ${value!.length}.`,
      );
  }

  #busy(): HttpException {
    const message = `${this.#inFlight.taken} bytes wait for the log. Nothing was written; try again later.`;
    return new HttpException(
      { statusCode: 429, error: 'Too Many Requests', message },
      HttpStatus.TOO_MANY_REQUESTS,
    );
  }

  /** Waits for the log and the topic as long as an event may. */
  async #open(): Promise<Target<V, K>> {
    if (this.#isReleased) throw toHttp(new NotWrittenError(this.#options.topic.name));
    const opening = (this.#target ??= this.#openTarget());
    try {
      return await within(
        this.#options.timeoutMs,
        opening,
        () => new NotWrittenError(this.#options.topic.name),
      );
    } catch (error) {
      const cause =
        error instanceof NotWrittenError
          ? error
          : new NotWrittenError(this.#options.topic.name, { cause: error });
      throw toHttp(cause);
    }
  }

  async #openTarget(): Promise<Target<V, K>> {
    const { path, topic, timeoutMs } = this.#options;
    try {
      const log = await this.#log.connected();
      const encoder = await TopicEncoder.open(log, topic);
      const transactionalId = `${this.#applicationId}-ingest-${path}-${randomUUID()}`;
      return { encoder, writer: new IngestWriter({ log, topic: encoder, transactionalId, timeoutMs }) };
    } catch (error) {
      this.#target = null; // the next request tries again
      throw error;
    }
  }

  async #release(timeoutMs: number): Promise<void> {
    this.#isReleased = true;
    const target = await this.#target?.catch(() => null);
    await target?.writer.close(timeoutMs);
  }
}

function sizeOf(records: readonly EncodedRecord[]): number {
  return records.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function parse(
  text: string | null,
): { readonly value: unknown } | { readonly issues: readonly EventIssue[] } {
  if (text === null) return { issues: [{ message: 'is no UTF-8' }] };
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { issues: [{ message: `is not JSON: ${(error as Error).message}` }] };
  }
}

/** The client has gone: nobody hears the answer, but it is no failure of the service. */
function isBrokenOff(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ECONNRESET';
}
function brokenOff(): BadRequestException {
  return new BadRequestException('The body broke off before its end.');
}

function invalid(message: string, errors: readonly EventError[]): BadRequestException {
  return new BadRequestException({
    statusCode: 400,
    error: 'Bad Request',
    message,
    errors: errors.slice(0, MAX_ERRORS),
  });
}

/** What a client can do something about; anything else is Nest's to answer. */
function toHttp(error: unknown): unknown {
  if (error instanceof NotWrittenError || error instanceof OutcomeUnknownError)
    return new ServiceUnavailableException(error.message, { cause: error });
  if (!(error instanceof LogError)) return error;
  if (error.failure.kind === 'recordTooLarge')
    return new PayloadTooLargeException(error.message, { cause: error });
  if (error.failure.kind === 'recordRefused') return new BadRequestException(error.message, { cause: error });
  return new ServiceUnavailableException(error.message, { cause: error });
}

function withAccepted(error: unknown, accepted: number): unknown {
  if (!(error instanceof HttpException)) return error;
  const answer = error.getResponse();
  const body = typeof answer === 'string' ? { statusCode: error.getStatus(), message: answer } : answer;
  return new HttpException({ ...body, accepted }, error.getStatus(), { cause: error });
}
