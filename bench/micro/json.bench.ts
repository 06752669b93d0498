/** JSON: what the platform does, and what a declared schema makes of it. */
import { json, schema, type Serde, type SerdeContext } from '@hiveframe/streams';
import { readingSchema, values, walk, type Reading } from './readings.ts';
import type { Piece } from './suite.ts';

const context: SerdeContext = { topic: 'readings', part: 'value', headers: () => [] };
const plain = json<Reading>();
const declared = json(readingSchema);
/** One field of four: what is not declared is looked over by JSON.parse. */
const other = json(schema.object({ temperature: schema.number() }));

/** The window's row of the reference work: averages have 17 digits. */
const rowSchema = schema.object({
  sensor_id: schema.string(),
  window_start: schema.number(),
  avg_temp: schema.number(),
  max_temp: schema.number(),
  reading_count: schema.number(),
});
const rows = values.map(({ sensor_id, temperature, humidity, timestamp }, i) => {
  return {
    sensor_id,
    window_start: timestamp,
    avg_temp: temperature / 3,
    max_temp: humidity,
    reading_count: i,
  };
});

const reading = (serde: Serde<Reading>) => () =>
  walk(
    (cursor) =>
      serde.deserializeRange!(cursor.buffer, cursor.valueStart, cursor.valueEnd, context).temperature,
  );
const writing =
  <T>(serde: Serde<T>, all: readonly T[]) =>
  () => {
    let bytes = 0;
    for (const value of all) bytes += serde.serialize(value, context).length;
    return bytes;
  };

/** What every other piece is measured by. */
export const reference: Piece = {
  name: 'JSON.parse',
  run: () =>
    walk((cursor) => {
      const text = cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueEnd);
      return (JSON.parse(text) as Reading).temperature;
    }),
};

export const pieces: readonly Piece[] = [
  { name: 'JSON: plain serde, read', run: reading(plain) },
  { name: 'JSON: generated reader', run: reading(declared) },
  {
    name: 'JSON: schema that misses',
    run: () => walk((c) => other.deserializeRange!(c.buffer, c.valueStart, c.valueEnd, context).temperature),
  },
  { name: 'JSON: plain serde, write', run: writing(plain, values) },
  { name: 'JSON: generated writer', run: writing(declared, values) },
  { name: 'JSON: plain serde, write rows', run: writing(json<(typeof rows)[number]>(), rows) },
  { name: 'JSON: generated writer, rows', run: writing(json(rowSchema), rows) },
];
