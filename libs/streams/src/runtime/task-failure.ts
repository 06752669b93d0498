/** What the failure of a task means. Only what starting over can mend is tried again; anything else would come back for ever. */
import { SinkError } from '../sink/sink.ts';
import { TaskCorruptedError, TimeoutError } from '../errors/streams.error.ts';
import { LogError } from '../ports/log.ts';
import { StoreError } from '../ports/store.ts';
import { SerdeNotReadyError } from '../serde/not-ready.ts';

/** restart: open the task again, later. rejoin: it belongs to somebody else, ask the group. fatal: the application ends. */
export type TaskFailureKind = 'restart' | 'rejoin' | 'fatal';

export function taskFailureKind(error: Error): TaskFailureKind {
  if (error instanceof LogError) return logFailureKind(error);
  if (error instanceof StoreError) return error.retryable ? 'restart' : 'fatal';
  if (error instanceof SinkError) return SINK_FAILURES[error.failure];
  const mendable = [TaskCorruptedError, TimeoutError, SerdeNotReadyError].some(
    (kind) => error instanceof kind,
  );
  return mendable ? 'restart' : 'fatal';
}

const SINK_FAILURES = { fenced: 'rejoin', unavailable: 'restart', unusable: 'fatal' } as const;

function logFailureKind({ failure }: LogError): TaskFailureKind {
  switch (failure.kind) {
    case 'fenced':
      return 'rejoin';
    case 'abortable':
    case 'unavailable':
      return 'restart';
    case 'offsetOutOfRange':
    case 'recordTooLarge':
    case 'recordRefused':
    case 'damaged':
    case 'unknownTopic':
    case 'unauthorized':
    case 'unusable':
      return 'fatal';
  }
}
