import { TopologyError } from '../errors/streams.error.ts';
import { buildGraph } from './build-graph.ts';
import { TopologyDraft, type DraftNode } from './draft.ts';
import { declareStream } from './dsl/declared-stream.ts';
import type { Dsl } from './dsl/dsl.ts';
import type { KStream } from './kstream.ts';
import { Topology } from './topology.ts';
import { sourceTime, type Topic } from './topic.ts';

interface Source {
  readonly topic: Topic<never, never>;
  readonly node: DraftNode;
}

/** Where a topology begins: streams are declared from topics, `build` checks the whole. */
export class StreamsBuilder {
  readonly #draft = new TopologyDraft();
  readonly #sources = new Map<string, Source>();
  readonly #dsl: Dsl = { draft: this.#draft, stream: (flow) => declareStream(this.#dsl, flow) };

  /** The records of a topic; asked for again, the same source feeds both streams.
   *  @throws TopologyError when another declaration of the topic is read already */
  stream<K, V>(topic: Topic<K, V>): KStream<K, V> {
    const { watermarkDelayMs, idleAfterMs } = sourceTime(topic);
    return this.#dsl.stream({
      output: this.#source(topic).children,
      key: topic.key as Topic<unknown, unknown>['key'],
      value: topic.value as Topic<unknown, unknown>['value'],
      keyChanged: false,
      watermark: { watermarkDelayMs, idleAfterMs },
    });
  }

  /** May be called again after more was declared. @throws TopologyError that names all faults together */
  build(): Topology {
    return new Topology(buildGraph(this.#draft), [...this.#draft.sinks]);
  }

  #source<K, V>(topic: Topic<K, V>): DraftNode {
    const known = this.#sources.get(topic.name);
    if (known === undefined) return this.#addSource(topic as unknown as Topic<unknown, unknown>);
    if ((known.topic as unknown) === topic) return known.node;
    throw new TopologyError(
      `Cannot read topic ${topic.name}: another declaration of it is read already. Declare it once with topic(...) and use that value everywhere.`,
    );
  }

  #addSource(topic: Topic<unknown, unknown>): DraftNode {
    const { name, key, value } = topic;
    const time = sourceTime(topic);
    const node = this.#draft.add({
      name: this.#draft.positionalName('source'),
      parents: [],
      spec: () => ({ kind: 'source', topic: { name, internal: false }, key, value, ...time }),
    });
    this.#sources.set(name, { topic: topic as unknown as Topic<never, never>, node });
    return node;
  }
}
