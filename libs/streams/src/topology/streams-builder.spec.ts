import { describe, expect, it } from '@jest/globals';
import { json } from '../serde/json.serde.ts';
import { string } from '../serde/primitives.serde.ts';
import { hopping, tumbling } from '../time/window.ts';
import { double } from '../serde/primitives.serde.ts';
import { storeRef, type ReadOnlyKeyValueStore } from './store-ref.ts';
import { StreamsBuilder } from './streams-builder.ts';
import { topic } from './topic.ts';
import type { Topology } from './topology.ts';

interface Reading {
  readonly sensor: string;
  readonly site: string;
  readonly temperature: number;
}
const readings = topic('readings', {
  key: string(),
  value: json<Reading>(),
  watermark: { delayMs: 10, idleAfterMs: 100 },
});
const others = topic('others', { key: string(), value: json<Reading>(), watermark: { delayMs: 20 } });
const counts = topic('counts', { key: string(), value: json<number>() });
const window = tumbling({ sizeMs: 1_000 });

/** Names of the nodes, by sub-topology. */
const shape = ({ graph }: Topology) => graph.subTopologies.map(({ nodes }) => nodes.map(({ name }) => name));
const internalTopics = ({ graph }: Topology) => graph.internalTopics.map(({ topic: { name } }) => name);
const stores = ({ graph }: Topology) => graph.subTopologies.flatMap((sub) => sub.stores);
const sources = ({ graph }: Topology) =>
  graph.subTopologies
    .flatMap((sub) => sub.sources)
    .map(({ spec }) => (spec.kind === 'source' ? spec : null)!);

describe('repartitioning', () => {
  const builtFrom = (declare: (builder: StreamsBuilder) => unknown) => {
    const builder = new StreamsBuilder();
    declare(builder);
    return builder.build();
  };

  it('is not needed to group by the key of a source, nor behind operators that keep the key', () => {
    const topology = builtFrom((builder) =>
      builder
        .stream(readings)
        .filter(() => true)
        .mapValues((reading) => reading)
        .flatMapValues((reading) => [reading])
        .peek(() => {})
        .mapValuesAsync(async (reading) => reading, { name: 'wait', concurrency: 1, timeoutMs: 1 })
        .groupByKey({ name: 'g' })
        .count(),
    );
    expect(internalTopics(topology)).toEqual([]);
    expect(topology.graph.subTopologies).toHaveLength(1);
  });

  const rekeyed = {
    map: (builder: StreamsBuilder) => builder.stream(readings).map((value, key) => ({ key, value })),
    flatMap: (builder: StreamsBuilder) => builder.stream(readings).flatMap((value, key) => [{ key, value }]),
    selectKey: (builder: StreamsBuilder) => builder.stream(readings).selectKey(({ sensor }) => sensor),
    merge: (builder: StreamsBuilder) =>
      builder.stream(others).merge(builder.stream(readings).selectKey(({ sensor }) => sensor)),
    'map and filter': (builder: StreamsBuilder) =>
      builder
        .stream(readings)
        .map((value, key) => ({ key, value }))
        .filter(() => true),
  };
  it.each(Object.entries(rekeyed))('is needed to group by key behind %s', (_name, declare) => {
    const topology = builtFrom((builder) => declare(builder).groupByKey({ name: 'g' }).count());
    expect(internalTopics(topology)).toEqual(['g-repartition']);
    expect(topology.graph.subTopologies).toHaveLength(2);
  });

  it('is needed for every groupBy, and drops records without a key before it', () => {
    const topology = builtFrom((builder) => builder.stream(readings).groupBy('site', { name: 'g' }).count());
    expect(shape(topology)).toEqual([
      ['source-0000', 'g-key', 'g-require-key', 'g-repartition-sink'],
      ['g-repartition-source', 'g'],
    ]);
  });

  it('is done once for several aggregations of one grouping', () => {
    const topology = builtFrom((builder) => {
      const grouped = builder.stream(readings).groupBy('site', { name: 'g' });
      grouped.count();
      grouped.windowedBy(window, { graceMs: 0, name: 'w' }).count();
    });
    expect(internalTopics(topology)).toEqual(['g-repartition']);
    expect(stores(topology).map(({ name }) => name)).toEqual(['g', 'w']);
  });

  it('is not needed again behind a repartition', () => {
    const topology = builtFrom((builder) =>
      builder
        .stream(readings)
        .selectKey(({ site }) => site)
        .repartition({ name: 'by-site', numPartitions: 7 })
        .groupByKey({ name: 'g' })
        .count(),
    );
    expect(topology.graph.internalTopics).toEqual([
      { topic: { name: 'by-site-repartition', internal: true }, purpose: 'repartition', numPartitions: 7 },
    ]);
  });

  it('hands on event time as record time, with the widest watermark of the sources', () => {
    const merged = (builder: StreamsBuilder, other: typeof others) =>
      builder.stream(readings).merge(builder.stream(other)).groupBy('site', { name: 'g' }).count();
    expect(sources(builtFrom((builder) => merged(builder, others))).at(-1)).toMatchObject({
      eventTime: null,
      watermarkDelayMs: 20,
      idleAfterMs: null,
    });
    const quick = topic('quick', { key: string(), value: json<Reading>(), watermark: { idleAfterMs: 300 } });
    expect(sources(builtFrom((builder) => merged(builder, quick))).at(-1)).toMatchObject({
      watermarkDelayMs: 10,
      idleAfterMs: 300,
    });
  });

  it('writes with the serdes of the stream where they still hold, else with those given', () => {
    const given = double();
    const topology = builtFrom((builder) =>
      builder
        .stream(readings)
        .selectKey(({ temperature }) => temperature)
        .repartition({ name: 'r', key: given })
        .to(topic('out', { key: given, value: json<Reading>() })),
    );
    const source = sources(topology).at(-1)!;
    expect(source.key).toBe(given);
    const context = { topic: 't', part: 'value', headers: () => [] } as const;
    const value: Reading = { sensor: 's', site: 'a', temperature: 1 };
    const carried = Buffer.from(source.value.serialize(value, context));
    expect(carried).toEqual(Buffer.from(readings.value.serialize(value, context)));
  });
});

describe('copartitioning', () => {
  it('is asked for where records of two sources meet in one store', () => {
    const builder = new StreamsBuilder();
    builder.stream(readings).merge(builder.stream(others)).groupByKey({ name: 'g' }).count();
    expect(builder.build().graph.subTopologies.map((sub) => sub.copartitioned)).toEqual([true]);
  });

  it('is not asked for where they only meet in a topic', () => {
    const builder = new StreamsBuilder();
    const merged = builder.stream(readings).merge(builder.stream(others));
    merged.to(others);
    builder.stream(readings).groupByKey({ name: 'g' }).count();
    const { subTopologies } = builder.build().graph;
    expect(subTopologies).toHaveLength(1);
    expect(subTopologies[0]!.copartitioned).toBe(false);
  });
});

describe('stores', () => {
  it('of windows keep them as long as they are open, unless told longer', () => {
    const builder = new StreamsBuilder();
    const grouped = builder.stream(readings).groupByKey({ name: 'g' });
    const hops = hopping({ sizeMs: 1_000, advanceMs: 100 });
    grouped.windowedBy(hops, { graceMs: 50 }).count();
    grouped.windowedBy(hops, { graceMs: 50, name: 'longer' }).count({ store: { retentionMs: 9_000 } });
    expect(stores(builder.build())).toMatchObject([
      { name: 'g', kind: 'window', windowSizeMs: 1_000, retentionMs: 1_050, changelog: true },
      { name: 'longer', retentionMs: 9_000 },
    ]);
  });

  it('take name, serdes and changelog as told', () => {
    const builder = new StreamsBuilder();
    const [key, value] = [string(), double()];
    builder
      .stream(readings)
      .groupByKey({ name: 'g' })
      .count({ store: { name: 'own', key, value, changelog: false } });
    const expected = { name: 'own', kind: 'keyValue', key, value, changelog: false, retentionMs: null };
    expect(stores(builder.build())).toMatchObject([expected]);
  });

  it('may be named by a reference after the table was declared', () => {
    const builder = new StreamsBuilder();
    const ref = storeRef<ReadOnlyKeyValueStore<string, number>>('counts-by-key');
    const table = builder.stream(readings).groupByKey({ name: 'g' }).count().storedAs(ref);
    expect(table.queryable.name).toBe('counts-by-key');
    expect(stores(builder.build()).map(({ name }) => name)).toEqual(['counts-by-key']);
  });

  it('belong to aggregations, not to what is made of their tables', () => {
    const builder = new StreamsBuilder();
    const table = builder.stream(readings).groupByKey({ name: 'g' }).count();
    expect(() => table.mapValues((n) => n + 1).queryable).toThrow('has no store of its own');
  });
});

describe('sinks', () => {
  const sink = (name: string) => ({
    name,
    guarantee: 'at_least_once' as const,
    write: async () => {},
    close: async () => {},
  });

  it('are fed from a topic of their own, and told to who runs the topology', () => {
    const builder = new StreamsBuilder();
    const archive = sink('archive');
    builder.stream(readings).toSink(archive);
    const topology = builder.build();
    expect(shape(topology)).toEqual([
      ['source-0000', 'archive-sink-topic'],
      ['archive-sink-source', 'archive-sink'],
    ]);
    expect(topology.graph.internalTopics).toMatchObject([
      { topic: { name: 'archive-sink' }, purpose: 'sink' },
    ]);
    expect(topology.sinks).toEqual([archive]);
  });

  it('of one name get topics of their own', () => {
    const builder = new StreamsBuilder();
    for (let i = 0; i < 3; i++) builder.stream(readings).toSink(sink('console'));
    expect(internalTopics(builder.build())).toEqual(['console-sink', 'console-2-sink', 'console-3-sink']);
  });
});

describe('build', () => {
  const build = (declare: (builder: StreamsBuilder) => unknown) => () => {
    const builder = new StreamsBuilder();
    declare(builder);
    return builder.build();
  };

  it('refuses an empty topology', () => {
    expect(build(() => {})).toThrow(
      'Cannot build the topology: it is empty; begin with builder.stream(topic).',
    );
  });

  it('refuses a source that nothing is done with', () => {
    expect(build((builder) => builder.stream(readings))).toThrow(
      'nothing is done with the records of topic readings',
    );
  });

  it('refuses one name for two nodes, and names all faults together', () => {
    const twice = build((builder) => {
      builder.stream(readings).groupByKey({ name: 'same' }).count();
      builder
        .stream(readings)
        .groupByKey({ name: 'same' })
        .count({ store: { name: 'other' } });
      builder.stream(others);
    });
    expect(twice).toThrow(
      /topic others; the name 'same-require-key' is given twice.*; the name 'same' is given twice/,
    );
  });

  it('refuses one store for two operators', () => {
    const twice = build((builder) => {
      builder
        .stream(readings)
        .groupByKey({ name: 'a' })
        .count({ store: { name: 's' } });
      builder
        .stream(others)
        .groupByKey({ name: 'b' })
        .windowedBy(window, { graceMs: 0 })
        .count({ store: { name: 's' } });
    });
    expect(twice).toThrow("two operators keep their state in a store named 's'");
  });

  it('refuses two declarations of one topic, and takes the same one twice', () => {
    const again = topic('readings', { key: string(), value: json<Reading>() });
    const builder = new StreamsBuilder();
    builder.stream(readings).to(others);
    builder.stream(readings).to(others);
    expect(() => builder.stream(again)).toThrow(
      'Cannot read topic readings: another declaration of it is read already',
    );
    expect(builder.build().graph.subTopologies[0]!.sources).toHaveLength(1);
  });

  it('refuses to merge streams of two builders', () => {
    const [one, other] = [new StreamsBuilder(), new StreamsBuilder()];
    expect(() => one.stream(readings).merge(other.stream(others))).toThrow('both must come from one');
  });

  it('D12 has no default for the grace: it decides what is lost (KIP-633)', () => {
    const builder = new StreamsBuilder();
    const stream = builder.stream(readings);
    const grouped = stream.groupByKey({ name: 'g' });
    expect(() => grouped.windowedBy(window, {} as never).count()).toThrow('graceMs is undefined');
    const join = { name: 'j', beforeMs: 0, afterMs: 1, joiner: () => 0 } as never;
    expect(() => stream.join(builder.stream(others), join)).toThrow('graceMs is undefined');
  });

  it('refuses a branch named rest, a grace below 0, and a store that forgets open windows', () => {
    const stream = new StreamsBuilder().stream(readings);
    const grouped = stream.groupByKey({ name: 'g' });
    expect(() => stream.split({ rest: () => true })).toThrow("'rest' is what matches none of the branches");
    expect(() => grouped.windowedBy(window, { graceMs: -1 }).count()).toThrow('graceMs is -1');
    expect(() => grouped.windowedBy(window, { graceMs: 5 }).count({ store: { retentionMs: 1_004 } })).toThrow(
      'keeps windows for 1004 ms, but they are open for 1005 ms',
    );
  });

  it('refuses topic names that Kafka refuses, and delays below 0', () => {
    expect(() => topic('a b', { value: string() })).toThrow("Cannot declare topic 'a b'");
    expect(() => topic('..', { value: string() })).toThrow("Cannot declare topic '..'");
    expect(() => topic('t', { value: string(), watermark: { delayMs: -1 } })).toThrow(
      'watermark.delayMs is -1',
    );
  });

  it('may be called again after more was declared', () => {
    const builder = new StreamsBuilder();
    builder.stream(readings).to(others);
    const first = builder.build();
    builder.stream(readings).groupByKey({ name: 'g' }).count().to(counts);
    expect(builder.build().graph.subTopologies[0]!.nodes).toHaveLength(5);
    expect(first.graph.subTopologies[0]!.nodes).toHaveLength(2);
  });
});
