import { describe, expect, it } from '@jest/globals';
import { double, json, StreamsBuilder, string, topic, type KStream } from '@hiveframe/streams';
import { drive } from '../../test/support/tables.ts';

interface Sale {
  readonly shop: string;
  readonly amount: number;
}
const sales = topic('sales', { key: string(), value: json<Sale>() });
const numbers = topic('numbers', { key: string(), value: double() });

const declare = (options: { mergeRepartitions?: boolean }, use: (stream: KStream<string, Sale>) => void) => {
  const builder = new StreamsBuilder(options);
  use(builder.stream(sales));
  return builder;
};
const topicsOf = (builder: StreamsBuilder) =>
  builder.build().graph.internalTopics.map(({ topic: one }) => one.name);

describe('mergeRepartitions', () => {
  const twice = (stream: KStream<string, Sale>) => {
    const count = stream.groupBy('shop', { name: 'count' }).count();
    const sum = stream
      .groupBy('shop', { name: 'sum' })
      .aggregate({ initializer: () => 0, aggregator: (total, sale) => total + sale.amount });
    for (const table of [count, sum])
      table
        .toStream()
        .map((value, key) => ({ key, value: value ?? 0 }))
        .to(numbers);
  };

  it('writes records that several groupings want by one key once, to the topic of the first', async () => {
    expect(topicsOf(declare({}, twice))).toEqual(['count-repartition', 'sum-repartition']);
    const builder = declare({ mergeRepartitions: true }, twice);
    expect(topicsOf(builder)).toEqual(['count-repartition']);
    const driver = drive(builder);
    await driver.input(sales).pipe({ shop: 'a', amount: 5 }, { key: 'x' });
    await driver.crashAndRestart();
    await driver.input(sales).pipe({ shop: 'a', amount: 2 }, { key: 'y' });
    const found = (await driver.output(numbers).readValues()).toSorted((a, b) => a - b);
    expect(found).toEqual([1, 2, 5, 7]);
  });

  it('does so for a key that was changed before, and for the same function', () => {
    const shop = (sale: Sale) => sale.shop;
    const builder = declare({ mergeRepartitions: true }, (stream) => {
      const keyed = stream.selectKey(shop);
      for (const name of ['a', 'b']) keyed.groupByKey({ name }).count();
      for (const name of ['c', 'd']) stream.groupBy(shop, { name }).count();
    });
    expect(topicsOf(builder)).toEqual(['a-repartition', 'c-repartition']);
  });

  it('keeps them apart where key, values, partitions or the stream differ', () => {
    const builder = declare({ mergeRepartitions: true }, (stream) => {
      stream.groupBy('shop', { name: 'a' }).count();
      stream.groupBy((sale) => sale.shop, { name: 'b' }).count();
      stream.groupBy('shop', { name: 'c', value: json<Sale>() }).count();
      stream.groupBy('shop', { name: 'd', numPartitions: 7 }).count();
      stream
        .filter(() => true)
        .groupBy('shop', { name: 'e' })
        .count();
    });
    expect(topicsOf(builder)).toEqual(['a', 'b', 'c', 'd', 'e'].map((name) => `${name}-repartition`));
  });
});
