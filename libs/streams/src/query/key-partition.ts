/** Where the key of a store lies: in the partition of the records that have it. Those were put there by Kafka's partitioner, or by ours
 *  for windowed keys, over the key as the topic has it, which the store may write in another way. */
import type { ListKey } from '../processor/operators/process/list.serde.ts';
import type { Bytes } from '../record/record.ts';
import type { Serde } from '../serde/serde.ts';
import { partitionFor } from '../sink/murmur2.ts';
import { windowedPartitioner } from '../topology/dsl/windowed-partitioner.ts';
import type { SourceSpec } from '../topology/graph.ts';
import type { FoundStore } from './store-layout.ts';

/** Right where the keys of the store are those of the records that reach it.
 *  @param bytes the key as the store writes it: it counts where no source tells how its keys are written */
export function keyPartition(store: FoundStore, key: unknown, bytes: Bytes, numPartitions: number): number {
  const ownKey = store.layout === 'list' ? (key as ListKey).key : key;
  const serde = sourceKeySerde(store);
  const written = (serde !== null && write(serde, ownKey, store)) || bytes;
  const chosen = windowedPartitioner(serde)?.(undefined, undefined, written, numPartitions);
  return chosen ?? partitionFor(written, numPartitions);
}

/** Of the sources that reach the store, which are partitioned alike: one that writes keys as the store does, else the first. */
function sourceKeySerde({ subTopology, declaration }: FoundStore): Serde<unknown> | null {
  const serdes = subTopology.sources.flatMap(({ spec }) => (spec as SourceSpec).key ?? []);
  const { format } = declaration.key;
  return serdes.find((serde) => format !== undefined && serde.format === format) ?? serdes[0] ?? null;
}

/** null: it is no key of this topic. */
function write(serde: Serde<unknown>, key: unknown, { declaration }: FoundStore): Bytes | null {
  try {
    return serde.serialize(key, { topic: declaration.name, part: 'key', headers: () => [] });
  } catch {
    return null;
  }
}
