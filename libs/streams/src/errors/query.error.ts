/** What keeps a query of a store from being answered. Who asks decides: ask again, ask elsewhere, or ask for something else. */
import { StreamsError } from './streams.error.ts';

/** The topology has no store of that name. */
export class UnknownStoreError extends StreamsError {
  readonly code = 'HFS_UNKNOWN_STORE';
}
/** The store is of another kind than it is asked as. */
export class StoreKindError extends StreamsError {
  readonly code = 'HFS_STORE_KIND';
}
/** A key, a span or a cursor that is none of this store. */
export class InvalidQueryError extends StreamsError {
  readonly code = 'HFS_INVALID_QUERY';
}

export interface StorePlace {
  readonly store: string;
  readonly partition: number;
  /** `applicationServer` of the instance that has it; null: not known, or it gave none. */
  readonly owner: string | null;
}
/** Another instance has this partition of the store, in its memory (Kafka Streams: InvalidStateStorePartitionException): ask there. */
export class StoreNotHereError extends StreamsError {
  readonly code = 'HFS_STORE_NOT_HERE';
  readonly place: StorePlace;
  constructor(message: string, place: StorePlace, options?: ErrorOptions) {
    super(message, options);
    this.place = place;
  }
}
/** The store cannot be read now: the application does not run yet or any more, or the partition is being restored (Kafka Streams:
 *  InvalidStateStoreException). The same query may be answered a little later. */
export class StoreNotAvailableError extends StreamsError {
  readonly code = 'HFS_STORE_NOT_AVAILABLE';
}
