/** The base of every error the toolkit throws: a stable `code` to act on, never a text to match. */
const BRAND = Symbol.for('@hiveframe/streams/StreamsError');

export abstract class StreamsError extends Error {
  /** Stable, unique: `HFS_…`; see docs/errors.md. */
  abstract readonly code: string;
  readonly [BRAND] = true;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
  /** True also for errors of another copy of this package. */
  static is(error: unknown): error is StreamsError {
    return typeof error === 'object' && error !== null && BRAND in error;
  }
}

/** A topology that cannot run: the developer mends it before start. */
export class TopologyError extends StreamsError {
  readonly code = 'HFS_TOPOLOGY';
}
/** Settings that cannot work; all faults are named together. */
export class ConfigError extends StreamsError {
  readonly code = 'HFS_CONFIG';
}
/** Bytes that are no key or value of the declared type. The deserialization handler decides. */
export class DeserializationError extends StreamsError {
  readonly code = 'HFS_DESERIALIZATION';
}
/** A record without a usable event time. The timestamp handler decides. */
export class TimestampError extends StreamsError {
  readonly code = 'HFS_TIMESTAMP';
}
/** A user's function threw. The processing handler decides. */
export class ProcessingError extends StreamsError {
  readonly code = 'HFS_PROCESSING';
}
/** A punctuation threw: there is no record that a handler could decide about, so the application ends. */
export class PunctuationError extends StreamsError {
  readonly code = 'HFS_PUNCTUATION';
}
/** A record that cannot be written. The production handler decides. */
export class ProductionError extends StreamsError {
  readonly code = 'HFS_PRODUCTION';
}
/** A suppression may hold no more rows back, and was told to end the application then. */
export class BufferFullError extends StreamsError {
  readonly code = 'HFS_BUFFER_FULL';
}
/** A task's state cannot be trusted any more: the runtime opens it again from the log. */
export class TaskCorruptedError extends StreamsError {
  readonly code = 'HFS_TASK_CORRUPTED';
}
/** Something did not end in its time. */
export class TimeoutError extends StreamsError {
  readonly code = 'HFS_TIMEOUT';
}
/** A stream thread ended by itself: out of memory, an error that nobody caught, `process.exit` in it. */
export class StreamThreadError extends StreamsError {
  readonly code = 'HFS_STREAM_THREAD';
}
/** A fault of this toolkit: please report it. */
export class InvariantError extends StreamsError {
  readonly code = 'HFS_INVARIANT';
}
/** A record that came after its window had closed; why a dead letter is one. */
export class LateRecordError extends StreamsError {
  readonly code = 'HFS_LATE_RECORD';
}
