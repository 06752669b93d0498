/** What the topology says of a store, and how its entries are to be read. */
import { UnknownStoreError } from '../errors/query.error.ts';
import { historyName } from '../processor/operators/rows/versioned-rows.ts';
import type { StoreDeclaration, SubTopology, TopologyGraph } from '../topology/graph.ts';

/** sessionBuckets, list, versioned: of processors. session, sliding: of aggregates, one entry for each key. */
export type StoreLayout =
  'keyValue' | 'window' | 'sliding' | 'session' | 'sessionBuckets' | 'list' | 'versioned';

/** A store by name, or what declares it. */
export type NamedStore = string | { readonly name: string; readonly kind?: string };

export interface FoundStore {
  readonly declaration: StoreDeclaration;
  readonly subTopology: SubTopology;
  readonly layout: StoreLayout;
  /** Where it keeps what its values were before; null: nowhere. */
  readonly history: StoreDeclaration | null;
}

/** Sessions and sliding windows lie in one entry for each key. */
const KEY_WINDOWS: Readonly<Record<string, StoreLayout>> = {
  'session-aggregate': 'session',
  'sliding-aggregate': 'sliding',
};

/** @throws UnknownStoreError */
export function findStore(graph: TopologyGraph, store: NamedStore): FoundStore {
  const { name, kind } = typeof store === 'string' ? { name: store } : store;
  for (const subTopology of graph.subTopologies) {
    const declaration = subTopology.stores.find((one) => one.name === name);
    if (declaration !== undefined) return found(declaration, subTopology, kind);
  }
  const names = allStores(graph).map((one) => one.declaration.name);
  throw new UnknownStoreError(
    `Cannot read store ${name}: the topology has none of that name. It has ${names.join(', ') || 'no store'}.`,
  );
}

export function allStores({ subTopologies }: TopologyGraph): readonly FoundStore[] {
  return subTopologies.flatMap((sub) => sub.stores.map((declaration) => found(declaration, sub)));
}

function found(declaration: StoreDeclaration, subTopology: SubTopology, kind?: string): FoundStore {
  const before = historyName(declaration);
  return {
    declaration,
    subTopology,
    layout: layoutOf(declaration, subTopology, kind),
    history: subTopology.stores.find(({ name }) => name === before) ?? null,
  };
}

/** @param defined what its definition says; a store that is only named tells it by the format of its values */
function layoutOf(
  { name, kind, value: { format = '' } }: StoreDeclaration,
  { nodes }: SubTopology,
  defined?: string,
): StoreLayout {
  if (defined === 'list' || format.startsWith('list<')) return 'list';
  if (defined === 'session' || format.startsWith('sessions<')) return 'sessionBuckets';
  if (defined === 'versionedKeyValue') return 'versioned';
  if (kind === 'window') return 'window';
  const owner = nodes.find(
    ({ spec }) => spec.kind === 'operator' && spec.stores.some((store) => store.name === name),
  );
  return (owner?.spec.kind === 'operator' && KEY_WINDOWS[owner.spec.type]) || 'keyValue';
}
