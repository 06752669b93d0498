/** A store holds what its changelog says: nothing less, nothing more, windows that stream time has passed aside. */
import {
  changelogTopic,
  type SegmentId,
  type StoreDeclaration,
  type TopologyGraph,
} from '@hiveframe/streams';
import type { LogPartition } from '../cluster/log-partition.ts';
import type { SimulatedCluster } from '../cluster/simulated-cluster.ts';
import type { StoredPartition } from '../stores/stored-partition.ts';
import type { StoreServer } from '../stores/store-server.ts';

type Content = Map<SegmentId, Map<string, string>>;

export function checkStores(
  graph: TopologyGraph,
  applicationId: string,
  cluster: SimulatedCluster,
  stores: StoreServer,
): string[] {
  return graph.subTopologies
    .flatMap((sub) => sub.stores)
    .flatMap((declaration) =>
      cluster.partitionsOf(changelogTopic(declaration.name, applicationId)).flatMap((changelog) => {
        const id = { applicationId, store: declaration.name, partition: changelog.partition };
        return compare(declaration, changelog, stores.partition(id));
      }),
    );
}

function compare(declaration: StoreDeclaration, changelog: LogPartition, stored: StoredPartition): string[] {
  const name = `store ${declaration.name}-${changelog.partition}`;
  const replayed = replay(declaration, changelog);
  const newest = Math.max(...[...replayed.keys()].map((segment) => segment ?? -Infinity));
  return [...new Set<SegmentId>([...replayed.keys(), ...stored.segments])].flatMap((segment) => {
    const expires = declaration.retentionMs !== null;
    const mayBeGone = expires && segment !== null && segment < newest; // windows go oldest first, and never the newest
    const found = stored.entries(segment);
    if (mayBeGone && found.size === 0) return [];
    const wanted = new Map(replayed.get(segment));
    // What retention has deleted, the store may still have: it forgets a window with a later flush.
    if (mayBeGone && changelog.startOffset > 0)
      for (const [key, value] of found) if (!wanted.has(key)) wanted.set(key, value.toString('hex'));
    return compareSegment(`${name} ${segment ?? ''}`, wanted, found);
  });
}

function compareSegment(
  name: string,
  wanted: ReadonlyMap<string, string>,
  found: ReadonlyMap<string, Buffer>,
): string[] {
  const keys = new Set([...wanted.keys(), ...found.keys()]);
  return [...keys].flatMap((key) => {
    const foundHex = found.get(key)?.toString('hex');
    if (foundHex === wanted.get(key)) return [];
    return [`${name}: ${key} is ${foundHex}, its changelog says ${wanted.get(key)}`];
  });
}

/** changelog key of a window store: key bytes | windowStartMs int64 BE */
function replay({ kind }: StoreDeclaration, changelog: LogPartition): Content {
  const content: Content = new Map();
  for (const { key, value } of changelog.committed()) {
    const keyEnd = kind === 'window' ? key!.length - 8 : key!.length;
    const segment = kind === 'window' ? Number(key!.readBigInt64BE(keyEnd)) : null;
    const entries = content.get(segment) ?? new Map<string, string>();
    content.set(segment, entries);
    const name = key!.toString('latin1', 0, keyEnd);
    if (value === null) entries.delete(name);
    else entries.set(name, value.toString('hex'));
  }
  return content;
}
