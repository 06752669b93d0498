import { count, json, seconds, string, StreamsBuilder, topic, tumbling } from '@hiveframe/streams';

export interface Hit {
  readonly page: string;
  /** ISO 8601: when it happened, not when it came. */
  readonly at: string;
}
export interface PageHits {
  readonly page: string;
  readonly window_start: number;
  readonly window_end: number;
  readonly hits: number;
}

export const hits = topic('hits', {
  key: string(),
  value: json<Hit>(),
  timestamp: 'at',
  watermark: { delayMs: seconds(2) }, // so far out of order they may come
});
export const perWindow = topic('hits-per-window', { key: string(), value: json<PageHits>() });
export const late = topic('late-hits', { key: string(), value: json<Hit>() });

const builder = new StreamsBuilder();
builder
  .stream(hits)
  .groupBy('page', { name: 'page-hits' })
  .windowedBy(tumbling({ sizeMs: seconds(10) }), {
    graceMs: seconds(3), // a closed window waits so much longer
    emit: 'final',
    late: (tooLate) => tooLate.to(late),
  })
  .agg(count('*').alias('hits'))
  .toStream()
  .map((row, { key }) => ({ key, value: row }))
  .to(perWindow);

export const topology = builder.build();
