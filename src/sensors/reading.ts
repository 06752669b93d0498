/** One reading of a sensor: the input of the service, and its alert. */
import { schema } from '@hiveframe/streams';
import { toEpochMs } from './event-time.ts';

export interface Reading {
  readonly sensor_id: string;
  /** °C */
  readonly temperature: number;
  /** % */
  readonly humidity: number;
  /** When it was read, epoch ms. On the wire also an ISO 8601 text. */
  readonly timestamp: number;
}

/** A reading that was judged. */
export interface JudgedReading extends Reading {
  readonly alert: boolean;
}

/** What is on the wire. Others are left behind. */
const fields = {
  sensor_id: schema.string({ minLength: 1 }),
  temperature: schema.number(),
  humidity: schema.number(),
  timestamp: schema.scalar({
    expected: 'epoch milliseconds or an ISO 8601 date-time, from 1970 to at most a day ahead',
    convert(value) {
      const timeMs = toEpochMs(value);
      return timeMs >= 0 ? timeMs : undefined;
    },
  }),
} as const;
export const readingSchema = schema.object(fields);
export const judgedReadingSchema = schema.object({ ...fields, alert: schema.boolean() });
