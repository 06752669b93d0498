import { StreamsError } from '@hiveframe/streams';

/** Events that are not in the log, and will not be: the request can be repeated as it is. */
export class NotWrittenError extends StreamsError {
  readonly code = 'HFS_NOT_WRITTEN';
  constructor(topic: string, options: ErrorOptions = {}) {
    const why = options.cause instanceof Error ? `: ${options.cause.message}` : '';
    super(
      `Cannot write to topic ${topic}: the log is not available. Nothing was written, send it again${why}`,
      options,
    );
  }
}

/** Events of which nobody here knows whether they are in the log: all of the request, or none. */
export class OutcomeUnknownError extends StreamsError {
  readonly code = 'HFS_OUTCOME_UNKNOWN';
  constructor(topic: string) {
    super(
      `The log did not say in time whether the events are in topic ${topic}: all of them, or none. Send them again with the same Idempotency-Key.`,
    );
  }
}
