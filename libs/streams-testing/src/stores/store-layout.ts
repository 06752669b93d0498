/** What the topology says of a store, and how its entries are to be read. */
import type { StoreDeclaration, SubTopology, TopologyGraph } from '@hiveframe/streams';

export type StoreLayout = 'keyValue' | 'window' | 'sliding' | 'session';

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

export function findStore({ subTopologies }: TopologyGraph, name: string): FoundStore {
  for (const subTopology of subTopologies) {
    const declaration = subTopology.stores.find((store) => store.name === name);
    if (declaration !== undefined)
      return { declaration, subTopology, layout: layoutOf(declaration, subTopology) };
  }
  const names = subTopologies.flatMap(({ stores }) => stores.map((store) => store.name));
  throw new Error(
    `Cannot read store ${name}: the topology has none of that name. It has ${names.join(', ') || 'no store'}.`,
  );
}

function layoutOf({ name, kind }: StoreDeclaration, { nodes }: SubTopology): StoreLayout {
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
};

export function requireLayout({ declaration, layout }: FoundStore, ...expected: StoreLayout[]): void {
  if (expected.includes(layout)) return;
  throw new Error(
    `Cannot read store ${declaration.name} so: it is a ${layout} store. Use driver.${READ_BY[layout]}('${declaration.name}').`,
  );
}
