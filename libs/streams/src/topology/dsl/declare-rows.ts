import { keepRows, type RowKeeping } from '../../processor/operators/keep-rows.ts';
import { rowVersionsSerde } from '../../processor/operators/rows/row-versions.serde.ts';
import { double } from '../../serde/primitives.serde.ts';
import type { Serde } from '../../serde/serde.ts';
import type { StoreDeclaration } from '../graph.ts';
import type { RowStoreOptions } from '../store-ref.ts';
import { TopologyError } from '../../errors/streams.error.ts';
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
  const beside = (suffix: string, of: Serde<never>, retentionMs: number): StoreDeclaration => ({
    ...rows,
    name: `${name}-${suffix}`,
    kind: 'window',
    value: of as unknown as Serde<unknown>,
    retentionMs,
    windowSizeMs: bucketMs(retentionMs),
  });
  return {
    rows,
    history:
      historyRetentionMs === undefined
        ? null
        : beside('history', rowVersionsSerde(rows.value) as never, historyRetentionMs),
    timers: ttlMs === undefined ? null : beside('timers', double() as never, ttlMs),
  };
}

/** A sixteenth of the time, at most an eighth. It is the layout of the store, so it changes only with a time that is another by far. */
function bucketMs(spanMs: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2(spanMs / 16)));
}
