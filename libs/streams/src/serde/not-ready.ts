/** A serde may need something from elsewhere, such as a schema from a registry. It is fetched once, between records: what reads and
 *  writes records stays synchronous. */
import { StreamsError } from '../errors/streams.error.ts';

/** What a serde needs is not there yet. It says nothing against the record, which is tried again when `fetch` has ended. */
export class SerdeNotReadyError extends StreamsError {
  readonly code = 'HFS_SERDE_NOT_READY';
  /** Brings what is missing; calls that overlap share one request. Resolves when the record can be tried again, also where it cannot be
   *  read then. Rejects with a `SerdeNotReadyError` when it cannot be brought now: then it is called again later, and the record waits. */
  readonly fetch: () => Promise<void>;

  constructor(message: string, fetch: () => Promise<void>, options?: ErrorOptions) {
    super(message, options);
    this.fetch = fetch;
  }
}

/** Runs what uses serdes outside of a topology: again, each time that one of them has fetched what it needs. It must bear that.
 *  @throws SerdeNotReadyError when something cannot be fetched now */
export async function whenReady<T>(run: () => T): Promise<T> {
  for (;;) {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof SerdeNotReadyError)) throw error;
      await error.fetch();
    }
  }
}
