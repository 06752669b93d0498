import { describe, expect, it } from '@jest/globals';
import { col } from '../column/column.ts';
import { json } from '../serde/json.serde.ts';
import { string } from '../serde/primitives.serde.ts';
import { tumbling } from '../time/window.ts';
import { StreamsBuilder } from './streams-builder.ts';
import { topic } from './topic.ts';

interface Reading {
  readonly site: string;
  readonly temperature: number;
}

describe('Topology.describe', () => {
  it("shows sub-topologies, nodes, stores and arrows as Kafka Streams' TopologyDescription does", () => {
    const readings = topic('readings', { key: string(), value: json<Reading>() });
    const late = topic('late', { key: string(), value: json<Reading>() });
    const hot = topic('hot', { key: string(), value: json<Reading>() });
    const counts = topic('counts', { key: string(), value: json<number>() });

    const builder = new StreamsBuilder();
    const branches = builder.stream(readings).split({ hot: ({ temperature }) => temperature > 28 });
    branches.hot.to(hot);
    branches.rest
      .merge(builder.stream(hot))
      .filter(col('temperature').gt(0))
      .groupBy('site', { name: 'by-site' })
      .windowedBy(tumbling({ sizeMs: 30_000 }), {
        graceMs: 0,
        emit: 'final',
        late: (stream) => stream.to(late),
      })
      .count()
      .toStream()
      .map((value, { key }) => ({ key, value }))
      .to(counts);

    expect(builder.build().describe()).toMatchInlineSnapshot(`
     "Topologies:
        Sub-topology: 0
         Source: source-0000 (topics: [readings])
           --> split-0001
         Processor: split-0001 (stores: [])
           --> merge-0004, sink-0002
           <-- source-0000
         Sink: sink-0002 (topic: hot)
           <-- split-0001
         Source: source-0003 (topics: [hot])
           --> merge-0004
         Processor: merge-0004 (stores: [])
           --> filter-0005
           <-- split-0001, source-0003
         Processor: filter-0005 (stores: [])
           --> by-site-key
           <-- merge-0004
         Processor: by-site-key (stores: [])
           --> by-site-require-key
           <-- filter-0005
         Processor: by-site-require-key (stores: [])
           --> by-site-repartition-sink
           <-- by-site-key
         Sink: by-site-repartition-sink (topic: by-site-repartition)
           <-- by-site-require-key

        Sub-topology: 1
         Source: by-site-repartition-source (topics: [by-site-repartition])
           --> by-site
         Processor: by-site (stores: [by-site])
           --> map-0012, sink-0011
           <-- by-site-repartition-source
         Sink: sink-0011 (topic: late)
           <-- by-site
         Processor: map-0012 (stores: [])
           --> sink-0013
           <-- by-site
         Sink: sink-0013 (topic: counts)
           <-- map-0012
     "
    `);
  });

  const small = () => {
    const builder = new StreamsBuilder();
    const rates = builder.globalTable(topic('rates', { key: string(), value: json<number>() }), {
      name: 'rates',
    });
    builder
      .stream(topic('readings', { key: string(), value: json<Reading>() }))
      .join(rates, { name: 'price', keyOf: ({ site }) => site, joiner: (reading) => reading })
      .groupBy('site', { name: 'by-site' })
      .count()
      .toStream()
      .mapValues((count) => count ?? 0)
      .to(topic('counts', { key: string(), value: json<number>() }));
    return builder.build();
  };

  it('gives programs all that names and state hang on, as JSON', () => {
    const described = JSON.parse(small().describe('json')) as ReturnType<
      typeof small
    >['toJSON'] extends () => infer T
      ? T
      : never;
    expect(described).toEqual(small().toJSON());
    expect(described.format).toBe(1);
    expect(described.subTopologies[1]).toEqual({
      id: 1,
      nodes: [
        {
          name: 'by-site-repartition-source',
          kind: 'source',
          topic: 'by-site-repartition',
          internal: true,
          stores: [],
          children: ['by-site'],
        },
        {
          name: 'by-site',
          kind: 'operator',
          type: 'aggregate',
          stores: ['by-site'],
          children: ['map-values-0007'],
        },
        {
          name: 'map-values-0007',
          kind: 'operator',
          type: 'map-values',
          stores: [],
          children: ['sink-0008'],
        },
        { name: 'sink-0008', kind: 'sink', topic: 'counts', internal: false, stores: [], children: [] },
      ],
    });
    expect(described.stores).toEqual([
      {
        name: 'by-site',
        node: 'by-site',
        kind: 'keyValue',
        changelog: true,
        key: 'tagged-json',
        value: 'double',
        windowSizeMs: null,
        retentionMs: null,
        inputs: ['by-site-repartition'],
      },
    ]);
    expect(described.internalTopics).toEqual([
      {
        name: 'by-site-repartition',
        purpose: 'repartition',
        numPartitions: null,
        key: 'tagged-json',
        value: 'tagged-json',
      },
    ]);
    expect(described.globalTables).toEqual([{ name: 'rates', topic: 'rates' }]);
  });

  it('draws a flowchart for Markdown, with Mermaid', () => {
    expect(small().describe('mermaid')).toMatchInlineSnapshot(`
     "flowchart LR
       subgraph sub0 ["sub-topology 0"]
         node_price["price (stream-global-join)"]
         node_by_2dsite_2dkey["by-site-key (select-key)"]
         node_by_2dsite_2drequire_2dkey["by-site-require-key (require-key)"]
       end
       topic_readings[/"readings"/]
       topic_by_2dsite_2drepartition[/"by-site-repartition (internal)"/]
       topic_readings --> node_price
       node_price --> node_by_2dsite_2dkey
       node_by_2dsite_2dkey --> node_by_2dsite_2drequire_2dkey
       node_by_2dsite_2drequire_2dkey --> topic_by_2dsite_2drepartition
       subgraph sub1 ["sub-topology 1"]
         node_by_2dsite["by-site (aggregate)"]
         node_map_2dvalues_2d0007["map-values-0007 (map-values)"]
         store_by_2dsite[("by-site")]
       end
       topic_counts[/"counts"/]
       topic_by_2dsite_2drepartition --> node_by_2dsite
       node_by_2dsite --> node_map_2dvalues_2d0007
       node_map_2dvalues_2d0007 --> topic_counts
       node_by_2dsite -.- store_by_2dsite
       topic_rates[/"rates"/] --> global_rates[("rates")]
     "
    `);
  });
});
