/** Asks the handlers what to do about a record that cannot go on, and does it. */
import {
  BufferFullError,
  DeserializationError,
  ConfigError,
  InvariantError,
  ProcessingError,
  ProductionError,
  PunctuationError,
  TaskCorruptedError,
  TimestampError,
} from '../errors/streams.error.ts';
import { LogError } from '../ports/log.ts';
import { StoreError } from '../ports/store.ts';
import { SerdeNotReadyError } from '../serde/not-ready.ts';
import { HeldRecordError } from '../processor/operators/held-record.error.ts';
import type { CapturedRecord } from '../processor/operator.ts';
import type { MaybePromise } from '../record/record.ts';
import type { FailureResponse, Handler, RecordFailure } from '../runtime/failure.ts';
import { SinkError } from '../sink/sink.ts';
import type { DeadLetterOutput } from '../sink/dead-letter.ts';
import type { TaskEnvironment } from './task-environment.ts';

export class RecordFailures {
  readonly #environment: TaskEnvironment;
  readonly #taskId: string;
  readonly #deadLetters: DeadLetterOutput;

  constructor(environment: TaskEnvironment, taskId: string, deadLetters: DeadLetterOutput) {
    this.#environment = environment;
    this.#taskId = taskId;
    this.#deadLetters = deadLetters;
  }

  /** Returns (or resolves) when the record is dealt with. @throws the failure itself when the handler says `fail` */
  handle(thrown: unknown, record: CapturedRecord, operator: string): MaybePromise<void> {
    if (isNotForTheHandlers(thrown)) throw thrown;
    const held = thrown instanceof HeldRecordError ? thrown : null;
    const failure = this.#classify(
      held?.cause ?? thrown,
      held?.record ?? record,
      held?.operatorName ?? operator,
    );
    const response = this.#ask(failure);
    if (response instanceof Promise) return response.then((answer) => this.#act(answer, failure));
    this.#act(response, failure);
  }

  /** For output that cannot be written; `output` stands for the record where there is no input record. */
  handleProduction(error: ProductionError, output: CapturedRecord, outputTopic: string): void {
    const failure: RecordFailure = { ...this.#base(error, output), kind: 'production', outputTopic };
    const handler = this.#environment.handlers.onProductionFailure ?? 'fail';
    this.#act(typeof handler === 'function' ? handler(failure) : handler, failure);
  }

  nullKey(record: CapturedRecord, operator: string): void {
    if ((this.#environment.handlers.onNullKey ?? 'deadLetter') === 'continue') return;
    const error = new ProcessingError(
      `Cannot use ${where(record)} in ${operator}: its key is null. Give records a key, or drop them before.`,
    );
    this.deadLetter('nullKey', error, record);
  }

  deadLetter(kind: string, error: Error, record: CapturedRecord): void {
    this.#deadLetters.append({ kind, error, record });
    this.#environment.telemetry.count('dead-letters', 1, { task: this.#taskId, kind });
    this.#environment.logger.log('debug', `Dead letter: ${error.message}`, { kind });
  }

  #classify(thrown: unknown, record: CapturedRecord, operator: string): RecordFailure {
    if (thrown instanceof DeserializationError)
      return { ...this.#base(thrown, record), kind: 'deserialization' };
    if (thrown instanceof TimestampError) return { ...this.#base(thrown, record), kind: 'timestamp' };
    const cause = thrown instanceof Error ? thrown : new Error(String(thrown));
    const error = new ProcessingError(`Cannot process ${where(record)} in ${operator}: ${cause.message}`, {
      cause,
    });
    return { ...this.#base(error, record), kind: 'processing', operator };
  }

  #base(error: Error, record: CapturedRecord) {
    return { ...record, taskId: this.#taskId, error };
  }

  #ask(failure: RecordFailure): MaybePromise<FailureResponse> {
    const { handlers } = this.#environment;
    switch (failure.kind) {
      case 'deserialization':
        return answer(handlers.onDeserializationFailure, failure);
      case 'timestamp':
        return answer(handlers.onTimestampFailure, failure);
      case 'processing':
        return answer(handlers.onProcessingFailure, failure);
      case 'production':
        return 'fail';
    }
  }

  #act(response: FailureResponse, failure: RecordFailure): void {
    switch (response) {
      case 'fail':
        throw failure.error;
      case 'deadLetter':
        return this.deadLetter(failure.kind, failure.error, failure);
      case 'continue':
        return this.#environment.telemetry.count('skipped-records', 1, {
          task: this.#taskId,
          kind: failure.kind,
        });
      default:
        throw new ConfigError(
          `Cannot act on the answer of the ${failure.kind} handler: it is ${String(response)}, not 'continue', 'deadLetter' or 'fail'. It was asked about: ${failure.error.message}`,
        );
    }
  }
}

/** A store, log or schema registry that is away: the task starts over later, the record is as good as before. What cannot be
 *  produced was answered for already, or is a fault of the topology (a partitioner). */
function isNotForTheHandlers(thrown: unknown): thrown is Error {
  return (
    thrown instanceof ProductionError ||
    thrown instanceof PunctuationError ||
    thrown instanceof StoreError ||
    thrown instanceof SerdeNotReadyError ||
    thrown instanceof LogError ||
    thrown instanceof SinkError ||
    thrown instanceof TaskCorruptedError ||
    thrown instanceof BufferFullError ||
    thrown instanceof InvariantError
  );
}

function answer<F>(handler: Handler<F> | undefined, failure: F): MaybePromise<FailureResponse> {
  if (handler === undefined) return 'deadLetter';
  return typeof handler === 'function'
    ? (handler as (failure: F) => MaybePromise<FailureResponse>)(failure)
    : handler;
}

function where(record: CapturedRecord): string {
  return record.offset < 0
    ? `a result of ${record.topic}-${record.partition}`
    : `${record.topic}-${record.partition} at offset ${record.offset}`;
}
