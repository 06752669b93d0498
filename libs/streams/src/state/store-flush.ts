import { InvariantError } from '../errors/streams.error.ts';
import type { SegmentId, StoreFlush, StoreSpec } from '../ports/store.ts';

/** What every store asks of a flush before it changes anything.
 *  @throws InvariantError for offsets that go back or are no integers, and for a segment that the kind of store does not have */
export function checkStoreFlush(spec: StoreSpec, flush: StoreFlush): void {
  const { fromOffset, toOffset, expireBeforeMs } = flush;
  if (!isOffset(fromOffset) || !isOffset(toOffset) || toOffset < fromOffset) {
    throw new InvariantError(`Cannot flush store ${spec.name} from offset ${fromOffset} to ${toOffset}.`);
  }
  if (expireBeforeMs !== null && !Number.isSafeInteger(expireBeforeMs)) {
    throw new InvariantError(`Cannot expire windows of store ${spec.name} before ${expireBeforeMs}.`);
  }
  for (const { segment } of flush.writes) checkSegment(spec, segment);
}

function checkSegment(spec: StoreSpec, segment: SegmentId): void {
  const known = spec.kind === 'keyValue' ? segment === null : Number.isSafeInteger(segment);
  if (!known) throw new InvariantError(`Cannot write segment ${segment} of ${spec.kind} store ${spec.name}.`);
}

function isOffset(offset: number): boolean {
  return Number.isSafeInteger(offset) && offset >= 0;
}
