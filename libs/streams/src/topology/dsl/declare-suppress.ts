/** The node of a suppression, with the store of what it holds back. */
import { TopologyError } from '../../errors/streams.error.ts';
import { heldRowSerde } from '../../processor/operators/suppress/held-row.serde.ts';
import { suppress, type Suppressing } from '../../processor/operators/suppress/suppress.ts';
import { suppressedRows } from '../../processor/operators/suppress/suppressed-rows.ts';
import type { Windowed } from '../../record/record.ts';
import type { Serde } from '../../serde/serde.ts';
import type { StoreDeclaration } from '../graph.ts';
import type { SuppressUntilTimeLimit, SuppressUntilWindowCloses } from '../suppressed.ts';
import type { Dsl } from './dsl.ts';
import { serdeOf, type Flow } from './flow.ts';
import { SuppressedTable, type TableBacking } from './table-origin.ts';

export type SuppressOptions =
  SuppressUntilTimeLimit<unknown, unknown> | SuppressUntilWindowCloses<unknown, unknown>;

export interface Suppressible {
  readonly flow: Flow;
  readonly backing: TableBacking | null;
  /** How long after its end a window closes; null: no windows. */
  readonly closesAfterMs: number | null;
}

export function declareSuppress(
  { draft }: Dsl,
  { flow, backing, closesAfterMs }: Suppressible,
  options: SuppressOptions,
): Pick<Suppressible, 'flow' | 'backing'> {
  const { name } = options;
  const store = declareStore(flow, options);
  const suppressing: Suppressing = {
    ...(options.until === 'timeLimit' ? untilLimit(options, backing) : untilClosed(options, closesAfterMs)),
    ...bounds(options),
    name,
    store: name,
  };
  const origin = new SuppressedTable(store, backing?.origin ?? null);
  origin.requirePrevious();
  const node = draft.add({
    name,
    parents: [flow.output],
    spec: () => {
      const { companions } = origin;
      const operator = suppress(suppressing, companions);
      return { kind: 'operator', type: 'suppress', operator, stores: [store], reads: companions };
    },
  });
  return {
    flow: { ...flow, key: store.key, value: options.store?.value ?? flow.value, output: node.children },
    backing: backing && {
      origin,
      stores: [store, ...backing.stores],
      rows: suppressedRows(store, backing.rows),
      history: null,
    },
  };
}

type When = Pick<Suppressing, 'dueMs' | 'waitMs' | 'behind'>;

function untilLimit(
  { name, limitMs }: SuppressUntilTimeLimit<unknown, unknown>,
  backing: TableBacking | null,
): When {
  if (!Number.isSafeInteger(limitMs) || limitMs < 0) {
    throw new TopologyError(
      `Cannot suppress ${name}: limitMs is ${String(limitMs)}; it must be a whole number of milliseconds, 0 or more.`,
    );
  }
  return {
    dueMs: (_key, timestampMs) => timestampMs + limitMs,
    waitMs: limitMs,
    behind: backing === null ? 'unknown' : 'previous',
  };
}

function untilClosed(
  { name }: SuppressUntilWindowCloses<unknown, unknown>,
  closesAfterMs: number | null,
): When {
  if (closesAfterMs === null) {
    throw new TopologyError(
      `Cannot suppress ${name} until windows close: the table is not made of windows here. Suppress directly behind the windowed aggregation (filter and mapValues may lie between).`,
    );
  }
  return {
    dueMs: (key) => (key as Windowed<unknown>).window.endMs + closesAfterMs,
    waitMs: closesAfterMs,
    behind: 'final',
  };
}

function bounds({
  name,
  buffer,
}: SuppressOptions): Pick<Suppressing, 'maxRecords' | 'maxBytes' | 'whenFull'> {
  const { maxRecords = Infinity, maxBytes = Infinity, whenFull = 'shutDown' } = buffer ?? {};
  for (const [option, value] of Object.entries({ maxRecords, maxBytes })) {
    if (value > 0) continue;
    throw new TopologyError(
      `Cannot suppress ${name}: ${option} is ${String(value)}; a buffer must hold something.`,
    );
  }
  return { maxRecords, maxBytes, whenFull };
}

function declareStore(flow: Flow, { name, store = {} }: SuppressOptions): StoreDeclaration {
  const value = heldRowSerde(serdeOf(store.value ?? flow.value));
  return {
    name,
    kind: 'keyValue',
    key: serdeOf(store.key ?? flow.key),
    value: value as unknown as Serde<unknown>,
    retentionMs: null,
    windowSizeMs: null,
    changelog: store.changelog ?? true,
  };
}
