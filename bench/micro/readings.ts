/** The readings that every piece works on, as values, as JSON, and as a fetch. */
import { json, RecordCursor, schema, string, topic, type FetchedRecords } from '@hiveframe/streams';
import { makeReadings } from '../engine/readings.ts';
import { RECORDS } from './suite.ts';

export const readingSchema = schema.object({
  sensor_id: schema.string(),
  temperature: schema.number(),
  humidity: schema.number(),
  timestamp: schema.number(),
});
export const readings = topic('readings', {
  key: string(),
  value: json(readingSchema),
  timestamp: 'timestamp',
});
export const [fetched] = makeReadings({
  topic: readings.name,
  numPartitions: 1,
  count: RECORDS,
  sensors: 200,
}) as [FetchedRecords];

/** Calls `use` on each record; sums what it gives, so that no work can be left out. */
export function walk(use: (cursor: RecordCursor) => number): number {
  const cursor = new RecordCursor();
  let sum = 0;
  cursor.reset(fetched.batches, 0);
  while (cursor.next()) sum += use(cursor);
  return sum;
}

export const documents: readonly Buffer[] = Array.from(
  (function* () {
    const cursor = new RecordCursor();
    cursor.reset(fetched.batches, 0);
    while (cursor.next()) yield Buffer.from(cursor.value()!);
  })(),
);
export const values = documents.map((bytes) => JSON.parse(bytes.toString()) as Reading);

export interface Reading {
  readonly sensor_id: string;
  readonly temperature: number;
  readonly humidity: number;
  readonly timestamp: number;
}
