/** KTable and WindowedKTable, as the DSL makes them: the types say which of the two it is. */
import { TopologyError } from '../../errors/streams.error.ts';
import { filteredRows, mappedRows } from '../../processor/operators/row-reader.ts';
import type { Joiner } from '../../processor/operators/stream-table-join.ts';
import { filterTable, mapTableValues, type Passing } from '../../processor/operators/table.ts';
import type { Operator } from '../../processor/operator.ts';
import type { KeyValue } from '../../record/record.ts';
import type { StreamSink } from '../../sink/sink.ts';
import type { GroupedOptions } from '../grouped-stream.ts';
import type { KGroupedTable } from '../grouped-table.ts';
import type { FinalRows, KTable, WindowedKTable } from '../ktable.ts';
import type { KStream } from '../kstream.ts';
import { storeRef, type RowStoreOptions, type StoreRef } from '../store-ref.ts';
import type { Topic } from '../topic.ts';
import { declareForeignKeyJoin } from './declare-foreign-key-join.ts';
import { declareTableJoin, type JoinSide } from './declare-join.ts';
import { declareRows } from './declare-rows.ts';
import { declareSuppress, type SuppressOptions } from './declare-suppress.ts';
import type { Dsl } from './dsl.ts';
import type { Flow } from './flow.ts';
import { toPredicate, type Condition, type Mapper } from './predicate.ts';
import { PassingTable, type NamedStore, type TableBacking } from './table-origin.ts';
import { writeTo } from './through-topic.ts';
import { writeToSink } from './write-to-sink.ts';

export type { NamedStore } from './table-origin.ts';

interface OwnStore {
  readonly store?: RowStoreOptions<unknown, unknown> & { readonly name: string };
}
interface JoinOptions {
  readonly name: string;
  readonly joiner: Joiner;
  readonly foreignKey?: Mapper<unknown>;
  readonly store?: RowStoreOptions<unknown, unknown>;
}
/** How a table without a store of its own makes its rows. */
interface Making {
  readonly type: string;
  operator(name: string, passing: Passing): Operator;
  rows(name: string, of: TableBacking): TableBacking['rows'];
}

class DeclaredTable {
  readonly kind = 'table';
  readonly dsl: Dsl;
  readonly flow: Flow;
  /** Null: in windows, or session rows; such tables cannot be joined or grouped. */
  readonly backing: TableBacking | null;
  readonly #store: NamedStore | null;
  /** How long after its end a window closes; null: the rows are not of windows. */
  readonly closesAfterMs: number | null;

  constructor(
    dsl: Dsl,
    flow: Flow,
    backing: TableBacking | null,
    store: NamedStore | null,
    closesAfterMs: number | null = null,
  ) {
    this.dsl = dsl;
    this.flow = flow;
    this.backing = backing;
    this.#store = store;
    this.closesAfterMs = closesAfterMs;
  }

  filter(condition: Mapper<boolean> | Condition, options: OwnStore = {}): DeclaredTable {
    const predicate = toPredicate(condition);
    const making: Making = {
      type: 'table-filter',
      operator: (name, passing) => filterTable(name, predicate, passing),
      rows: (name, { rows }) => filteredRows(name, rows, predicate),
    };
    return this.#made(making, this.flow, options);
  }

  mapValues(mapper: Mapper<unknown>, options: OwnStore = {}): DeclaredTable {
    const making: Making = {
      type: 'table-map-values',
      operator: (name, passing) => mapTableValues(name, mapper, passing),
      rows: (name, { rows }) => mappedRows(name, rows, mapper),
    };
    return this.#made(making, { ...this.flow, value: null }, options);
  }

  #made(making: Making, flow: Flow, { store }: OwnStore): DeclaredTable {
    const { draft } = this.dsl;
    const { backing } = this;
    const name = draft.positionalName(making.type);
    const origin = new PassingTable(backing === null ? [] : [backing.origin]);
    const node = draft.add({
      name,
      parents: [this.flow.output],
      spec: () => {
        const operator = making.operator(name, origin.passing);
        return { kind: 'operator', type: making.type, operator, stores: [] };
      },
    });
    const made = { ...flow, output: node.children };
    if (store !== undefined) {
      origin.noteKept();
      return kept(this.dsl, made, store.name, store);
    }
    const ofIt = backing && { ...backing, origin, rows: making.rows(name, backing) };
    return new DeclaredTable(this.dsl, made, ofIt, null, this.closesAfterMs);
  }

  suppress(options: SuppressOptions): DeclaredTable {
    const { flow, backing } = declareSuppress(this.dsl, this, options);
    return new DeclaredTable(this.dsl, flow, backing, null);
  }

  groupBy(
    selector: Mapper<KeyValue<unknown, unknown>>,
    options: GroupedOptions<unknown, unknown>,
  ): KGroupedTable<unknown, unknown> {
    requireBacking(this, `group table by ${options.name}`).origin.requirePrevious();
    return this.dsl.groupRows(this.flow, selector, options);
  }

  join(other: unknown, options: JoinOptions): DeclaredTable {
    return this.#joinByEither(other, 'inner', options);
  }
  leftJoin(other: unknown, options: JoinOptions): DeclaredTable {
    return this.#joinByEither(other, 'left', options);
  }
  outerJoin(other: unknown, options: JoinOptions): DeclaredTable {
    return this.#join(other, 'outer', options);
  }

  #joinByEither(other: unknown, kind: 'inner' | 'left', options: JoinOptions): DeclaredTable {
    const { foreignKey, name, joiner, store } = options;
    if (foreignKey === undefined) return this.#join(other, kind, options);
    const mine = { flow: this.flow, backing: requireBacking(this, `join ${name}`) };
    const joining = { name, kind, foreignKey, joiner };
    const rows = declareForeignKeyJoin(this.dsl, mine, joinSide(this.dsl, other, name), joining);
    return kept(this.dsl, rows, name, store);
  }

  #join(
    other: unknown,
    kind: 'inner' | 'left' | 'outer',
    { name, joiner, store }: JoinOptions,
  ): DeclaredTable {
    const mine = { flow: this.flow, backing: requireBacking(this, `join ${name}`) };
    const { flow, backing } = declareTableJoin(this.dsl, mine, joinSide(this.dsl, other, name), {
      name,
      joiner,
      kind,
    });
    if (store !== undefined) {
      backing.origin.noteKept?.();
      return kept(this.dsl, flow, `${name}-rows`, { ...store, name: store.name ?? name });
    }
    return new DeclaredTable(this.dsl, flow, backing, null);
  }

  toStream(): KStream<unknown, unknown> {
    return this.dsl.stream(this.flow);
  }

  to({ name, key, value }: Topic<unknown, unknown>): void {
    const { draft } = this.dsl;
    writeTo(draft, this.flow, {
      nodeName: draft.positionalName('sink'),
      topic: { name, internal: false },
      key,
      value,
    });
  }

  toSink(sink: StreamSink<unknown, unknown>): void {
    writeToSink(this.dsl.draft, this.flow, sink);
  }

  storedAs(ref: StoreRef<unknown>): this {
    this.#ownStore('store').name = ref.name;
    return this;
  }

  get queryable(): StoreRef<unknown> {
    return storeRef(this.#ownStore('query').name);
  }

  #ownStore(purpose: string): NamedStore {
    if (this.#store !== null) return this.#store;
    throw new TopologyError(
      `Cannot ${purpose} a table made by filter, mapValues, suppress or join: it has no store of its own. Give it one (option store), or use the table it was made from.`,
    );
  }
}

/** Made a table by a node that keeps the rows. */
function kept(
  dsl: Dsl,
  flow: Flow,
  name: string,
  options: RowStoreOptions<unknown, unknown> = {},
  isSource = false,
): DeclaredTable {
  const { flow: rows, head, backing } = declareRows(dsl, flow, name, options, isSource);
  return new DeclaredTable(dsl, rows, backing, head.store);
}

function requireBacking({ backing }: DeclaredTable, what: string): TableBacking {
  if (backing !== null) return backing;
  throw new TopologyError(
    `Cannot ${what}: a table of windows cannot be grouped or joined. Make it a stream first, and give that a key and a table of its own: toStream().selectKey(...).toTable({ name }).`,
  );
}

/** What a join needs of a table. @throws TopologyError for one of another builder, or of windows */
export function joinSide(dsl: Dsl, other: unknown, join: string): JoinSide {
  if (!(other instanceof DeclaredTable) || other.dsl.draft !== dsl.draft) {
    throw new TopologyError(
      `Cannot join ${join} with a table of another StreamsBuilder: both must come from one.`,
    );
  }
  return { flow: other.flow, backing: requireBacking(other, `join ${join}`) };
}

/** A table whose rows an aggregation keeps. */
export function declareTable<K, V>(
  dsl: Dsl,
  flow: Flow,
  store: NamedStore,
  backing: TableBacking,
): KTable<K, V> {
  return new DeclaredTable(dsl, flow, backing, store) as unknown as KTable<K, V>;
}

/** A flow of rows, kept in a store of the table's name. */
export function declareKeptTable<K, V>(
  dsl: Dsl,
  flow: Flow,
  name: string,
  store?: RowStoreOptions<K, V>,
): KTable<K, V> {
  const options = store as RowStoreOptions<unknown, unknown> | undefined;
  return kept(dsl, flow, name, options, true) as unknown as KTable<K, V>;
}

/** @param closesAfterMs how long after its end a window closes, by the watermark */
export function declareWindowedTable<K, V>(
  dsl: Dsl,
  flow: Flow,
  store: NamedStore,
  closesAfterMs: number,
): WindowedKTable<K, V> {
  return new DeclaredTable(dsl, flow, null, store, closesAfterMs) as unknown as WindowedKTable<K, V>;
}

/** Rows of windows that no store has as such, so they cannot be asked for. */
export function declareWindowedRows<K, V>(dsl: Dsl, flow: Flow): FinalRows<K, V> {
  return new DeclaredTable(dsl, flow, null, null) as unknown as FinalRows<K, V>;
}
