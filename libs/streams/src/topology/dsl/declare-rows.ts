import { keepRows } from '../../processor/operators/keep-rows.ts';
import type { StoreDeclaration } from '../graph.ts';
import type { StoreOptions } from '../store-ref.ts';
import { TopologyError } from '../../errors/streams.error.ts';
import { serdeOf, type Flow } from './flow.ts';
import type { Dsl } from './dsl.ts';
import { TableHead, type TableBacking } from './table-origin.ts';

export interface KeptTable {
  readonly flow: Flow;
  readonly head: TableHead;
  readonly backing: TableBacking;
}

/** A node that keeps the rows of a flow in a store of their own. */
export function declareRows(
  { draft }: Dsl,
  flow: Flow,
  name: string,
  options: StoreOptions<unknown, unknown> = {},
): KeptTable {
  if (options.retentionMs !== undefined) {
    throw new TopologyError(
      `Cannot keep table ${name} for ${options.retentionMs} ms: retentionMs is for windows. Rows go when a null value deletes them.`,
    );
  }
  const head = new TableHead({ name: options.name ?? name });
  const rows = { ...flow, key: options.key ?? flow.key, value: options.value ?? flow.value };
  const node = draft.add({
    name,
    parents: [flow.output],
    spec: () => {
      const { companions } = head.passing;
      const store = rowStore(head.store.name, rows, options);
      const operator = keepRows(name, store, companions);
      return { kind: 'operator', type: 'table', operator, stores: [store], reads: companions };
    },
  });
  return { flow: { ...rows, output: node.children }, head, backing: head.backing };
}

function rowStore(
  name: string,
  { key, value }: Flow,
  options: StoreOptions<unknown, unknown>,
): StoreDeclaration {
  return {
    name,
    kind: 'keyValue',
    key: serdeOf(key),
    value: serdeOf(value),
    retentionMs: null,
    windowSizeMs: null,
    changelog: options.changelog ?? true,
  };
}
