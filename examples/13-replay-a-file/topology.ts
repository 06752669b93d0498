import { count, json, minutes, string, StreamsBuilder, sum, topic, tumbling } from '@hiveframe/streams';
import { csvSource } from '@hiveframe/streams-connect';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** A row of the file, as it is to be. */
const Trip = z.object({
  trip_id: z.string(),
  district: z.string(),
  ended_at: z.iso.datetime(),
  fare: z.coerce.number().min(0),
});
export type Trip = z.infer<typeof Trip>;

export const trips = topic('trips', { key: string(), value: json<Trip>(), timestamp: 'ended_at' });
export const fares = topic('fares', { key: string(), value: json<{ fares: number; trips: number }>() });

/** One morning of taxi trips, an hour of it in a second. */
export const morning = csvSource({
  name: 'morning',
  files: fileURLToPath(new URL('trips.csv', import.meta.url)),
  columns: { 'Trip ID': 'trip_id', 'Pick-up': 'district', 'Ended at': 'ended_at', Fare: 'fare' },
  schema: Trip,
  replay: { speed: 3_600, eventTime: ({ ended_at }) => Date.parse(ended_at) },
});

const builder = new StreamsBuilder();
builder
  .stream(trips)
  .groupByKey({ name: 'fares-by-district' })
  .windowedBy(tumbling({ sizeMs: minutes(15) }), { graceMs: 0, emit: 'final' })
  .agg(sum('fare').alias('fares'), count('*').alias('trips'))
  .toStream()
  .map((row, { key }) => ({ key, value: { fares: row.fares, trips: row.trips } }))
  .to(fares);
export const topology = builder.build();
