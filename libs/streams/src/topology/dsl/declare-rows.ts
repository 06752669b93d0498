import { keepRows, type RowKeeping } from '../../processor/operators/keep-rows.ts';
import type { StoreDeclaration } from '../graph.ts';
import type { RowStoreOptions } from '../store-ref.ts';
import { TopologyError } from '../../errors/streams.error.ts';
import { historyBeside, timersBeside } from '../stores/beside-rows.ts';
import { serdeOf, type Flow } from './flow.ts';
import type { Dsl } from './dsl.ts';
import { TableHead, type TableBacking } from './table-origin.ts';

export interface KeptTable {
  readonly flow: Flow;
  readonly head: TableHead;
  readonly backing: TableBacking;
}
type Options = RowStoreOptions<unknown, unknown>;

/** A node that keeps the rows of a flow in a store of their own.
 *  @param isSource they come as they are in the log: an older one after a newer is worth a word */
export function declareRows(
  { draft }: Dsl,
  flow: Flow,
  name: string,
  options: Options = {},
  isSource = false,
): KeptTable {
  requireFit(name, options);
  const head = new TableHead({ name: options.name ?? name }, options.historyRetentionMs);
  const rows = { ...flow, key: options.key ?? flow.key, value: options.value ?? flow.value };
  const node = draft.add({
    name,
    parents: [flow.output],
    spec: () => {
      const { companions } = head.passing;
      const keeping = { ...declareStores(head.store.name, rows, options), isSource };
      const stores = [keeping.rows, keeping.history, keeping.timers].filter((store) => store !== null);
      const operator = keepRows(name, keeping, companions);
      return { kind: 'operator', type: 'table', operator, stores, reads: companions };
    },
  });
  return { flow: { ...rows, output: node.children }, head, backing: head.backing };
}

function requireFit(name: string, options: Options): void {
  if (options.retentionMs !== undefined) {
    throw new TopologyError(
      `Cannot keep table ${name} for ${options.retentionMs} ms: retentionMs is for windows. Rows go when a null value deletes them, or when they were not written for ttlMs.`,
    );
  }
  for (const option of ['historyRetentionMs', 'ttlMs'] as const) {
    const value = options[option];
    if (value === undefined || (Number.isSafeInteger(value) && value > 0)) continue;
    throw new TopologyError(
      `Cannot keep table ${name}: ${option} is ${String(value)}; it must be a whole number of milliseconds above 0.`,
    );
  }
}

function declareStores(
  name: string,
  { key, value }: Flow,
  { historyRetentionMs, ttlMs, changelog = true }: Options,
): Omit<RowKeeping, 'isSource'> {
  const rows: StoreDeclaration = {
    name,
    kind: 'keyValue',
    key: serdeOf(key),
    value: serdeOf(value),
    retentionMs: null,
    windowSizeMs: null,
    changelog,
  };
  return {
    rows,
    history: historyRetentionMs === undefined ? null : historyBeside(rows, historyRetentionMs),
    timers: ttlMs === undefined ? null : timersBeside(rows, ttlMs),
  };
}
