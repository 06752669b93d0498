import { describe, expect, it } from '@jest/globals';
import {
  avg,
  compareTopologies,
  describeChange,
  double,
  json,
  keyValueStore,
  max,
  StreamsBuilder,
  string,
  topic,
  tumbling,
  type KGroupedStream,
  type KStream,
  type TopologyDescription,
} from '@hiveframe/streams';

interface Reading {
  readonly sensor: string;
  readonly value: number;
}
const readings = topic('readings', { key: string(), value: json<Reading>() });
const others = topic('others', { key: string(), value: json<Reading>() });

type Grouped = KGroupedStream<string, Reading, { readonly key: string }>;
const read = (declare: (stream: KStream<string, Reading>) => unknown): TopologyDescription => {
  const builder = new StreamsBuilder();
  const stream = builder.stream(readings);
  stream.peek(() => {});
  declare(stream);
  return JSON.parse(builder.build().describe('json')) as TopologyDescription;
};
const grouped = (name: string, declare: (grouped: Grouped) => unknown) =>
  read((stream) => declare(stream.groupByKey({ name })));
const counted = (name: string) => grouped(name, (by) => by.count());

const said = (before: TopologyDescription, after: TopologyDescription) =>
  compareTopologies(before, after).map(describeChange);

describe('a change of a topology', () => {
  it('is none when operators without state come and go', () => {
    const before = read((stream) => stream.groupByKey({ name: 'counts' }).count());
    const after = read((stream) =>
      stream
        .filter(() => true)
        .mapValues((one) => one)
        .groupByKey({ name: 'counts' })
        .count(),
    );
    expect(said(before, after)).toEqual([]);
    expect(said(after, before)).toEqual([]);
  });

  it('is unsafe when a stateful node is renamed, and says what to do', () => {
    expect(said(counted('counts'), counted('numbers'))).toEqual([
      "unsafe: counts is gone, and numbers keeps the same in a store of its own: numbers in place of counts. The state in counts would be left behind: numbers begins empty. Rename it back, or give the store its former name explicitly (store: { name: 'counts' }); to begin empty on purpose, accept counts or reset the application.",
    ]);
  });

  it('is safe when the renamed node keeps the name of its store', () => {
    const after = grouped('numbers', (by) => by.count({ store: { name: 'counts' } }));
    expect(said(counted('counts'), after)).toEqual([]);
  });

  it('tells of stores that begin empty, and of those not used any more', () => {
    const both = read((stream) => {
      stream.groupByKey({ name: 'counts' }).count();
      stream.groupByKey({ name: 'means' }).agg(avg('value').alias('mean'));
    });
    expect(said(counted('counts'), both)).toEqual([
      'safe: Store means of means is new. It begins empty, and holds what comes from now on; to fill it from the beginning of its inputs, reset the application.',
    ]);
    expect(said(both, counted('counts'))).toEqual([
      'safe: Store means of means is gone. Its changelog means-changelog stays, and what it holds is not used.',
    ]);
  });

  it('is unsafe when windows get another length, or state another form', () => {
    const windows = (sizeMs: number) =>
      grouped('counts', (by) => by.windowedBy(tumbling({ sizeMs }), { graceMs: 0 }).count());
    expect(said(windows(10), windows(20))[0]).toMatch(
      /^unsafe: The windows of store counts of counts were 10 ms long and are 20 ms\. Windows that are open would be taken for others\./,
    );
    expect(said(windows(10), counted('counts'))[0]).toMatch(
      /^unsafe: Store counts of counts was a window store and is a keyValue store\./,
    );
    const mean = grouped('counts', (by) => by.agg(avg('value').alias('mean')));
    const more = grouped('counts', (by) => by.agg(avg('value').alias('mean'), max('value').alias('most')));
    expect(said(mean, more)[0]).toMatch(/^unsafe: The values of store counts of counts were aggregates avg/);
    expect(compareTopologies(mean, more)[0]!.acceptable).toBe(false);
  });

  it('is unsafe when a serde changes, where both are known', () => {
    const keeping = (value: Parameters<typeof keyValueStore>[0]['value']) =>
      read((stream) =>
        stream.processValues({
          name: 'keep',
          stores: { kept: keyValueStore({ name: 'kept', key: string(), value }) },
          create: () => ({ process: () => {} }),
        }),
      );
    const own = { serialize: () => Buffer.alloc(0), deserialize: (): unknown => 1 };
    const numbers = double() as unknown as typeof own;
    expect(said(keeping(json()), keeping(numbers))[0]).toMatch(
      /^unsafe: The values of store kept of keep were json and are double/,
    );
    expect(said(keeping(json()), keeping(own))).toEqual([]);
  });

  it('is unsafe for records that wait in a repartition topic which goes, unless there are none', () => {
    const through = (name: string) => read((stream) => stream.repartition({ name }).peek(() => {}));
    const [change] = compareTopologies(through('a'), through('b'));
    expect(change).toMatchObject({
      safety: 'unsafe',
      name: 'a-repartition',
      unless: { drained: 'a-repartition' },
    });
  });

  it('tells of topics that are read as well, or no more', () => {
    const builder = new StreamsBuilder();
    builder.stream(readings).merge(builder.stream(others)).groupByKey({ name: 'counts' }).count();
    const both = builder.build().toJSON();
    expect(said(counted('counts'), both)).toEqual([
      'safe: Store counts of counts is fed by readings, others, and was by readings. What it holds of those stays.',
      'safe: Topic others is read as well. From its beginning.',
    ]);
  });

  it('is unsafe when a store comes back that was gone for a while', () => {
    const empty = read((stream) => stream.peek(() => {}));
    const retired = { stores: [{ name: 'counts', sinceMs: Date.UTC(2026, 0, 2) }] };
    const [change] = compareTopologies(empty, counted('counts'), retired);
    expect(change).toMatchObject({ safety: 'unsafe', unless: { empty: 'counts-changelog' } });
    expect(describeChange(change!)).toContain('is back, after it was gone since 2026-01-02T00:00:00.000Z.');
  });
});
