/** What happens to a record that cannot go on: a constant, or a function of the failure. */
import type { Bytes, Headers, MaybePromise, RecordOrigin } from '../record/record.ts';

/** continue: skip and count. deadLetter: skip, keep the raw record in the same transaction. fail: stop the application. */
export type FailureResponse = 'continue' | 'deadLetter' | 'fail';

interface FailureBase extends RecordOrigin {
  readonly taskId: string;
  /** The record's own timestamp. */
  readonly timestampMs: number;
  readonly rawKey: Bytes | null;
  readonly rawValue: Bytes | null;
  readonly headers: Headers;
  readonly error: Error;
}
export interface DeserializationFailure extends FailureBase {
  readonly kind: 'deserialization';
}
export interface TimestampFailure extends FailureBase {
  readonly kind: 'timestamp';
}
export interface ProcessingFailure extends FailureBase {
  readonly kind: 'processing';
  readonly operator: string;
}
export interface ProductionFailure extends FailureBase {
  readonly kind: 'production';
  readonly outputTopic: string;
}
export type RecordFailure = DeserializationFailure | TimestampFailure | ProcessingFailure | ProductionFailure;

export type Handler<F, R = FailureResponse> = R | ((failure: F) => MaybePromise<R>);

/** All default to `deadLetter`, not to Java's `fail`: a malformed record neither blocks nor stops. Production defaults to `fail`. */
export interface FailureHandlers {
  /** Bytes that are no key or value of the declared type. Kafka: `deserialization.exception.handler`. @defaultValue 'deadLetter' */
  readonly onDeserializationFailure?: Handler<DeserializationFailure>;
  /** No usable event time: missing, negative, absurd. @defaultValue 'deadLetter' */
  readonly onTimestampFailure?: Handler<TimestampFailure>;
  /** A function of the topology threw. Kafka: `processing.exception.handler`. @defaultValue 'deadLetter' */
  readonly onProcessingFailure?: Handler<ProcessingFailure>;
  /** Output that no retry can write (too large). The answer must be given at once: no promise.
   *  Kafka: `production.exception.handler`. @defaultValue 'fail' */
  readonly onProductionFailure?: FailureResponse | ((failure: ProductionFailure) => FailureResponse);
  /** Records without the key that an aggregation needs. @defaultValue 'deadLetter' */
  readonly onNullKey?: Exclude<FailureResponse, 'fail'>;
  /** Where dead letters go. Kafka: `errors.dead.letter.queue.topic.name`. @defaultValue `<applicationId>-dead-letters` */
  readonly deadLetterTopic?: string;
}
