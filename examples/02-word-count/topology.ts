import { double, string, StreamsBuilder, topic } from '@hiveframe/streams';

export const lines = topic<string>('lines', { value: string() });
export const counts = topic('word-counts', { key: string(), value: double() });

const builder = new StreamsBuilder();
builder
  .stream(lines)
  .flatMapValues((line) => line.toLowerCase().match(/\p{L}+/gu) ?? [])
  .groupBy((word) => word, { name: 'word-counts' }) // another key: by way of a repartition topic
  .count()
  .to(counts);

export const topology = builder.build();
