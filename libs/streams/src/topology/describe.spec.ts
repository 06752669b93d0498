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
});
