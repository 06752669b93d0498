/** The keys of one store partition. One hash tag, so one slot of a Redis Cluster and one script for all of them:
 *
 *  | key | type | what |
 *  |---|---|---|
 *  | `<prefix>{<applicationId>:<store>:<partition>}:meta` | hash | `epoch`, `offset` (decimal digits), `layout`, `counted` (where `counts` is kept) |
 *  | `...:entries` | hash | the entries of a key-value store |
 *  | `...:counts` | hash | the number of entries by window start, '' of a key-value store: shows what others did to our keys |
 *  | `...:windows` | sorted set | the window starts that have entries |
 *  | `...:window:<start ms>` | hash | the entries of one window |
 */
import type { SegmentId, StoreKind, StorePartitionId } from '@hiveframe/streams';

/** Raised when keys or bytes change their form. */
const LAYOUT_VERSION = 1;

export class StoreKeys {
  /** For messages. */
  readonly partition: string;
  readonly meta: string;
  readonly entries: string;
  readonly windows: string;
  readonly counts: string;
  readonly windowPrefix: string;

  constructor(keyPrefix: string, { applicationId, store, partition }: StorePartitionId) {
    this.partition = `${applicationId}:${store}:${partition}`;
    const tag = `{${encodeURIComponent(applicationId)}:${encodeURIComponent(store)}:${partition}}`;
    this.meta = `${keyPrefix}${tag}:meta`;
    this.entries = `${keyPrefix}${tag}:entries`;
    this.windows = `${keyPrefix}${tag}:windows`;
    this.counts = `${keyPrefix}${tag}:counts`;
    this.windowPrefix = `${keyPrefix}${tag}:window:`;
  }

  segment(segment: SegmentId): string {
    return segment === null ? this.entries : this.windowPrefix + segment;
  }
}

export function layoutOf(kind: StoreKind): string {
  return `${kind}-${LAYOUT_VERSION}`;
}
