/** KTable and WindowedKTable, as the DSL makes them: the types say which of the two it is. */
import { TopologyError } from '../../errors/streams.error.ts';
import { filterTable, mapTableValues } from '../../processor/operators/table.ts';
import type { Sink } from '../../sink/sink.ts';
import type { KTable, WindowedKTable } from '../ktable.ts';
import type { KStream } from '../kstream.ts';
import { storeRef, type StoreRef } from '../store-ref.ts';
import type { Topic } from '../topic.ts';
import type { Dsl } from './dsl.ts';
import { attach, type Flow } from './flow.ts';
import { toPredicate, type Condition, type Mapper } from './predicate.ts';
import { writeTo } from './through-topic.ts';
import { writeToSink } from './write-to-sink.ts';

/** The store of an aggregation; `storedAs` may still name it. */
export interface NamedStore {
  name: string;
}

class DeclaredTable {
  readonly kind = 'table';
  readonly #dsl: Dsl;
  readonly #flow: Flow;
  readonly #store: NamedStore | null;

  constructor(dsl: Dsl, flow: Flow, store: NamedStore | null) {
    this.#dsl = dsl;
    this.#flow = flow;
    this.#store = store;
  }

  filter(predicate: Mapper<boolean> | Condition): DeclaredTable {
    const output = attach(this.#dsl.draft, this.#flow, {
      type: 'table-filter',
      operator: (name) => filterTable(name, toPredicate(predicate)),
    });
    return new DeclaredTable(this.#dsl, { ...this.#flow, output }, null);
  }

  mapValues(mapper: Mapper<unknown>): DeclaredTable {
    const output = attach(this.#dsl.draft, this.#flow, {
      type: 'table-map-values',
      operator: (name) => mapTableValues(name, mapper),
    });
    return new DeclaredTable(this.#dsl, { ...this.#flow, output, value: null }, null);
  }

  toStream(): KStream<unknown, unknown> {
    return this.#dsl.stream(this.#flow);
  }

  to({ name, key, value }: Topic<unknown, unknown>): void {
    const { draft } = this.#dsl;
    writeTo(draft, this.#flow, {
      nodeName: draft.positionalName('sink'),
      topic: { name, internal: false },
      key,
      value,
    });
  }

  toSink(sink: Sink<unknown, unknown>): void {
    writeToSink(this.#dsl.draft, this.#flow, sink);
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
      `Cannot ${purpose} a table made by filter or mapValues: it has no store of its own. Use the table it was made from.`,
    );
  }
}

export function declareTable<K, V>(dsl: Dsl, flow: Flow, store: NamedStore): KTable<K, V> {
  return new DeclaredTable(dsl, flow, store) as unknown as KTable<K, V>;
}

export function declareWindowedTable<K, V>(dsl: Dsl, flow: Flow, store: NamedStore): WindowedKTable<K, V> {
  return new DeclaredTable(dsl, flow, store) as unknown as WindowedKTable<K, V>;
}
