import { SinkError, StoreError } from '@hiveframe/streams';

/** As the engine understands it. */
export function sinkError(error: unknown): SinkError {
  if (error instanceof SinkError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const isHopeless = error instanceof StoreError && !error.retryable;
  return new SinkError(message, { cause: error, failure: isHopeless ? 'unusable' : 'unavailable' });
}
