/** What the topology says of a store, and how its entries are to be read. */
import type { StoreDeclaration, SubTopology, TopologyGraph } from '@hiveframe/streams';

/** sessionBuckets, list, versioned: of processors. */
export type StoreLayout =
  'keyValue' | 'window' | 'sliding' | 'session' | 'sessionBuckets' | 'list' | 'versioned';

/** A store by name, or what declares it. */
export type NamedStore = string | { readonly name: string; readonly kind?: string };

export interface FoundStore {
  readonly declaration: StoreDeclaration;
  readonly subTopology: SubTopology;
  readonly layout: StoreLayout;
}

/** Sessions and sliding windows lie in one entry for each key. */
const KEY_WINDOWS: Readonly<Record<string, StoreLayout>> = {
  'session-aggregate': 'session',
  'sliding-aggregate': 'sliding',
};

export function findStore({ subTopologies }: TopologyGraph, store: NamedStore): FoundStore {
  const { name, kind } = typeof store === 'string' ? { name: store } : store;
  for (const subTopology of subTopologies) {
    const declaration = subTopology.stores.find((one) => one.name === name);
    if (declaration !== undefined)
      return { declaration, subTopology, layout: layoutOf(declaration, subTopology, kind) };
  }
  const names = subTopologies.flatMap(({ stores }) => stores.map((one) => one.name));
  throw new Error(
    `Cannot read store ${name}: the topology has none of that name. It has ${names.join(', ') || 'no store'}.`,
  );
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

const READ_BY: Readonly<Record<StoreLayout, string>> = {
  keyValue: 'keyValueStore',
  window: 'windowStore',
  sliding: 'windowStore',
  session: 'sessionStore',
  sessionBuckets: 'sessionStore',
  list: 'listStore',
  versioned: 'versionedKeyValueStore',
};

export function requireLayout({ declaration, layout }: FoundStore, ...expected: StoreLayout[]): void {
  if (expected.includes(layout)) return;
  throw new Error(
    `Cannot read store ${declaration.name} so: it is a ${layout} store. Use driver.${READ_BY[layout]}('${declaration.name}').`,
  );
}
