import { WindowedSerde, WINDOW_BYTES } from '../../serde/windowed.serde.ts';
import type { Serde } from '../../serde/serde.ts';
import { partitionFor } from '../../sink/murmur2.ts';
import type { Partitioner } from '../graph.ts';

/** All windows of a key go to the partition of that key (Kafka Streams: WindowedStreamPartitioner); null for other serdes. */
export function windowedPartitioner(key: Serde<unknown> | null): Partitioner | null {
  if (!((key as unknown) instanceof WindowedSerde)) return null;
  return (_key, _value, keyBytes, numPartitions) =>
    partitionFor(keyBytes!.subarray(0, keyBytes!.length - WINDOW_BYTES), numPartitions);
}
