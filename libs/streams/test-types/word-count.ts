import { json, long, string, StreamsBuilder, topic, type KTable } from '@hiveframe/streams';
import { expectTypeOf } from './expect-type.ts';

const lines = topic('lines', { value: string() });
const counts = topic('word-counts', { key: string(), value: json<number>() });

export function wordCount(builder: StreamsBuilder): KTable<string, number> {
  const words = builder
    .stream(lines)
    .flatMapValues((line) => line.toLowerCase().split(/\W+/))
    .filter((word) => word !== '')
    .groupBy((word) => word, { name: 'words' })
    .count();
  words.to(counts);
  return words;
}
expectTypeOf(wordCount(new StreamsBuilder())).toEqual<KTable<string, number>>();

// A store's own serde, a reduce, and a stream that shows its deletions.
const longest = new StreamsBuilder()
  .stream(lines)
  .map((line) => ({ key: line.length, value: BigInt(line.length) }))
  .groupByKey({ name: 'lengths' })
  .reduce({ reducer: (left, right) => left + right, store: { value: long() } });
expectTypeOf(longest).toEqual<KTable<number, bigint>>();
longest
  .toStream()
  .filter((total) => total !== null)
  .peek((total) => expectTypeOf(total).toEqual<bigint>());

// A function written in place, with a serde for what it gives.
const byLength = new StreamsBuilder()
  .stream(lines)
  .groupBy((line) => BigInt(line.length), { name: 'by-length', key: long() })
  .count();
expectTypeOf(byLength).toEqual<KTable<bigint, number>>();
