import { TopologyError } from '../errors/streams.error.ts';
import { buildGraph } from './build-graph.ts';
import { TopologyDraft, type DraftNode } from './draft.ts';
import { declareStream } from './dsl/declared-stream.ts';
import { declareKeptTable } from './dsl/declared-table.ts';
import type { Dsl } from './dsl/dsl.ts';
import { DeclaredGlobalTable } from './dsl/declared-global-table.ts';
import type { Flow } from './dsl/flow.ts';
import { MergedRepartitions } from './dsl/merged-repartitions.ts';
import type { GlobalKTable, GlobalTableOptions } from './global-table.ts';
import type { Serde } from '../serde/serde.ts';
import { declareTableGrouping } from './dsl/table-grouping.ts';
import type { KStream } from './kstream.ts';
import type { KTable } from './ktable.ts';
import type { RowStoreOptions } from './store-ref.ts';
import { Topology } from './topology.ts';
import { textOf, wholeMatch } from './topic-pattern.ts';
import { sourceTime, type Topic, type TopicPattern } from './topic.ts';

type Readable<K, V> = Topic<K, V> | TopicPattern<K, V>;

interface Source {
  readonly topic: Readable<never, never>;
  readonly node: DraftNode;
  readonly as: 'stream' | 'table';
}

export interface TableOptions<K, V> {
  /** Names the operator, the store and its changelog. */
  readonly name: string;
  readonly store?: RowStoreOptions<K, V>;
}

export interface StreamsBuilderOptions {
  /** One repartition topic for groupings of the same records by the same key, named after the first of them, instead of one for
   *  each (Kafka Streams: merge.repartition.topics). Turned on later, topics go: see the guide to names. @defaultValue false */
  readonly mergeRepartitions?: boolean;
}

/** Where a topology begins: streams are declared from topics, `build` checks the whole. */
export class StreamsBuilder {
  readonly #draft = new TopologyDraft();
  readonly #sources = new Map<string, Source>();
  readonly #dsl: Dsl;

  constructor({ mergeRepartitions = false }: StreamsBuilderOptions = {}) {
    this.#dsl = {
      draft: this.#draft,
      merged: mergeRepartitions ? new MergedRepartitions() : null,
      stream: (flow) => declareStream(this.#dsl, flow),
      groupRows: (flow, selector, options) => declareTableGrouping(this.#dsl, flow, selector, options),
    };
  }

  /** The records of a topic, or of all topics of a pattern; asked for again, the same source feeds both streams.
   *  @throws TopologyError when another declaration of the topic is read already */
  stream<K, V>(topic: Topic<K, V> | TopicPattern<K, V>): KStream<K, V> {
    return this.#dsl.stream(this.#flow(topic, 'stream'));
  }

  /** The latest value of each key of a topic; null values delete. Kept in a store with a changelog of its own. */
  table<K, V>(topic: Topic<K, V>, { name, store }: TableOptions<K, V>): KTable<K, V> {
    return declareKeptTable(this.#dsl, this.#flow(topic, 'table'), name, store);
  }

  /** A table that every instance has whole, read before anything is processed. */
  globalTable<K, V>(topic: Topic<K, V>, { name }: GlobalTableOptions): GlobalKTable<K, V> {
    if (topic.key === null) {
      throw new TopologyError(
        `Cannot read topic ${topic.name} as global table ${name}: it is declared without a key. Give the topic a key serde.`,
      );
    }
    this.#draft.globalTables.push({
      name,
      topic: { name: topic.name, internal: false },
      key: topic.key as Serde<unknown>,
      value: topic.value as Serde<unknown>,
    });
    return new DeclaredGlobalTable(this.#draft, name) as unknown as GlobalKTable<K, V>;
  }

  #flow<K, V>(topic: Readable<K, V>, as: Source['as']): Flow {
    const { eventTime: _, ...watermark } = sourceTime(topic);
    return {
      output: this.#source(topic, as).children,
      key: topic.key as Topic<unknown, unknown>['key'],
      value: topic.value as Topic<unknown, unknown>['value'],
      keyChanged: false,
      watermark,
    };
  }

  /** May be called again after more was declared. @throws TopologyError that names all faults together */
  build(): Topology {
    return new Topology(buildGraph(this.#draft), [...this.#draft.sinks]);
  }

  #source<K, V>(topic: Readable<K, V>, as: Source['as']): DraftNode {
    const name = nameOf(topic);
    const known = this.#sources.get(name);
    if (known === undefined) return this.#addSource(topic as unknown as Readable<unknown, unknown>, as);
    if (known.as !== as) {
      throw new TopologyError(
        `Cannot read topic ${name} as a ${as}: it is read as a ${known.as} already, and null values mean another thing there. Read it once, and use toTable() or toStream().`,
      );
    }
    if ((known.topic as unknown) === topic) return known.node;
    throw new TopologyError(
      `Cannot read topic ${name}: another declaration of it is read already. Declare it once with topic(...) and use that value everywhere.`,
    );
  }

  #addSource(topic: Readable<unknown, unknown>, as: Source['as']): DraftNode {
    const { key, value } = topic;
    const name = nameOf(topic);
    const time = sourceTime(topic);
    const node = this.#draft.add({
      name: this.#draft.positionalName('source'),
      parents: [],
      spec: () => ({
        kind: 'source',
        topic: { name, internal: false },
        ...('pattern' in topic && { pattern: wholeMatch(topic.pattern) }),
        key,
        value,
        ...time,
        table: as === 'table',
      }),
    });
    this.#sources.set(name, { topic: topic as unknown as Readable<never, never>, node, as });
    return node;
  }
}

function nameOf<K, V>(topic: Readable<K, V>): string {
  return 'pattern' in topic ? textOf(topic.pattern) : topic.name;
}
