import { StreamsError } from '@hiveframe/streams';

/** A source that threw, or whose events cannot be written. It is started again, or ends the application, as configured. */
export class SourceError extends StreamsError {
  readonly code = 'HFS_SOURCE';
}
