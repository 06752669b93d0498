import { json, minutes, session, string, StreamsBuilder, topic } from '@hiveframe/streams';

export interface Click {
  readonly page: string;
}
export interface Visit {
  readonly pages: readonly string[];
  readonly seconds: number;
}

export const clicks = topic('clicks', { key: string(), value: json<Click>() });
export const visits = topic('visits', { key: string(), value: json<Visit>() });

const builder = new StreamsBuilder();
builder
  .stream(clicks)
  .groupByKey({ name: 'visits' })
  .windowedBy(session({ gapMs: minutes(30) }), { graceMs: minutes(1), emit: 'final' })
  .aggregate({
    initializer: (): readonly string[] => [],
    aggregator: (pages, click) => [...pages, click.page],
    merger: (earlier, later) => [...earlier, ...later], // a record between two sessions makes them one
  })
  .toStream()
  .map((pages, { key, window }) => ({
    key,
    value: { pages, seconds: (window.endMs - window.startMs) / 1_000 },
  }))
  .to(visits);

export const topology = builder.build();
