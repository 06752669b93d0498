/** Stores that tell which step of a commit or of a takeover comes next, and wait until it may. For window stores: their segments are
 *  asked for when the replay is over. */
import type { StorePartition, StorePartitionId, StorePort, StoreSpec } from '@hiveframe/streams';
import type { PointHook } from './points.ts';

export function watchedStores(stores: StorePort, onPoint: PointHook): StorePort {
  return {
    name: stores.name,
    durable: stores.durable,
    connect: (signal) => stores.connect(signal),
    open: (id, spec) => open(stores, id, spec, onPoint),
    reader: (id, spec) => stores.reader(id, spec),
    close: (timeoutMs) => stores.close(timeoutMs),
  };
}

async function open(
  stores: StorePort,
  id: StorePartitionId,
  spec: StoreSpec,
  onPoint: PointHook,
): Promise<StorePartition> {
  await onPoint('takeover stores', id.partition);
  const partition = await stores.open(id, spec);
  let restored = false;
  return {
    changelogOffset: partition.changelogOffset,
    getMany: (segment, keys) => partition.getMany(segment, keys),
    position: () => partition.position(),
    scan: (segment) => partition.scan(segment),
    segments: async () => {
      if (!restored) await onPoint('takeover run', id.partition);
      restored = true;
      return partition.segments();
    },
    flush: async (flush) => {
      const isCheck = flush.fromOffset === flush.toOffset;
      if (isCheck) return partition.flush(flush);
      await onPoint(restored ? 'commit stores' : 'takeover replay', id.partition);
      const result = await partition.flush(flush);
      if (restored) await onPoint('commit done', id.partition);
      return result;
    },
    clear: () => partition.clear(),
    close: () => partition.close(),
  };
}
