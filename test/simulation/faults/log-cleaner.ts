/** What brokers do to changelogs: compaction, and retention of windows. Nothing that is still needed may go: a fault only if somebody
 *  takes offsets for consecutive, or an old offset for one that is still there. */
import {
  changelogTopic,
  resolveTopic,
  type SourceSpec,
  type SubTopology,
  type TopologyGraph,
} from '@hiveframe/streams';
import { watermarkOf } from '../check/watermark.ts';
import type { LogPartition, PlainRecord } from '../cluster/log-partition.ts';
import type { SimulatedCluster } from '../cluster/simulated-cluster.ts';

export class LogCleaner {
  readonly #graph: TopologyGraph;
  readonly #applicationId: string;
  readonly #cluster: SimulatedCluster;

  constructor(graph: TopologyGraph, applicationId: string, cluster: SimulatedCluster) {
    this.#graph = graph;
    this.#applicationId = applicationId;
    this.#cluster = cluster;
  }

  /** Batches go of which every record has a later one of its key; those of aborted transactions too. */
  compact(): void {
    for (const store of this.#graph.subTopologies.flatMap((sub) => sub.stores)) {
      for (const partition of this.#changelog(store.name)) compactOne(partition);
    }
  }

  /** The oldest records of windows go that stream time has passed. */
  deleteOld(): void {
    for (const sub of this.#graph.subTopologies) {
      for (const { name, retentionMs } of sub.stores) {
        if (retentionMs === null) continue;
        for (const partition of this.#changelog(name)) this.#deleteOne(sub, partition, retentionMs);
      }
    }
  }

  #deleteOne(sub: SubTopology, changelog: LogPartition, retentionMs: number): void {
    const watermarkMs = this.#committedWatermark(sub, changelog.partition);
    const isGone = (record: PlainRecord) => windowStartOf(record) + retentionMs <= watermarkMs;
    const needed = changelog.committed().find((record) => !isGone(record));
    changelog.deleteBefore(Math.min(needed?.offset ?? Infinity, changelog.lastStableOffset));
  }

  #committedWatermark(sub: SubTopology, partition: number): number {
    const times = sub.sources.map(({ spec }) => {
      const topic = resolveTopic((spec as SourceSpec).topic, this.#applicationId);
      const committed = this.#cluster.offsets.get(this.#applicationId, { topic, partition });
      return committed === null ? -Infinity : watermarkOf(committed);
    });
    return Math.min(...times);
  }

  #changelog(store: string): readonly LogPartition[] {
    return this.#cluster.partitionsOf(changelogTopic(store, this.#applicationId));
  }
}

function compactOne(partition: LogPartition): void {
  const stable = partition.lastStableOffset;
  const last = new Map<string, number>();
  for (const { key, offset } of partition.committed())
    if (offset < stable) last.set(key!.toString('latin1'), offset);
  const kept = new Set(last.values());
  partition.keep((baseOffset, count) => {
    if (baseOffset + count > stable) return true;
    for (let offset = baseOffset; offset < baseOffset + count; offset++) if (kept.has(offset)) return true;
    return false;
  });
}

/** changelog key of a window store: key bytes | windowStartMs int64 BE */
function windowStartOf({ key }: PlainRecord): number {
  return Number(key!.readBigInt64BE(key!.length - 8));
}
