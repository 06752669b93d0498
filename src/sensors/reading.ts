/** One reading of a sensor: the input of the service, and its alert. */
import { DeserializationError } from '@hiveframe/streams';
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

/** Checks a parsed JSON value by hand: a schema library per record would cost more than the window it goes into.
 *  Fields that do not belong to a reading are left behind. @throws DeserializationError naming every field at fault */
export function toReading(value: unknown): Reading {
  const raw = (value ?? {}) as Partial<Record<keyof Reading, unknown>>;
  const { sensor_id, temperature, humidity } = raw;
  const timestamp = toEpochMs(raw.timestamp);
  if (isName(sensor_id) && isFiniteNumber(temperature) && isFiniteNumber(humidity) && timestamp >= 0) {
    return { sensor_id, temperature, humidity, timestamp };
  }
  throw new DeserializationError(describeFaults(value, raw));
}

const isName = (value: unknown): value is string => typeof value === 'string' && value !== '';
/** JSON has no NaN, but 1e999 is read as Infinity. */
const isFiniteNumber = (value: unknown): value is number => Number.isFinite(value);

function describeFaults(value: unknown, raw: Partial<Record<keyof Reading, unknown>>): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return `A reading must be a JSON object, but is ${show(value)}`;
  }
  const faults: string[] = [];
  if (!isName(raw.sensor_id))
    faults.push(`sensor_id must be a text that is not empty, but is ${show(raw.sensor_id)}`);
  for (const field of ['temperature', 'humidity'] as const) {
    if (!isFiniteNumber(raw[field]))
      faults.push(`${field} must be a finite number, but is ${show(raw[field])}`);
  }
  if (!(toEpochMs(raw.timestamp) >= 0)) {
    const allowed = 'epoch milliseconds or an ISO 8601 date-time, from 1970 to at most a day ahead';
    faults.push(`timestamp must be ${allowed}, but is ${show(raw.timestamp)}`);
  }
  return `Not a reading: ${faults.join('; ')}`;
}

function show(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'number') return String(value);
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}
