import { ProcessingError } from '@hiveframe/streams';
import type { JudgedReading, Reading } from './reading.ts';

/** °C above which a reading is an alert. */
const ALERT_ABOVE = 28;

/** Adds the column `alert`. @throws ProcessingError when the key is not the sensor's id: grouped by key, the reading would
 *  count for another sensor, or for none */
export function judge(reading: Reading, key: string | null): JudgedReading {
  const { sensor_id, temperature, humidity, timestamp } = reading;
  if (key !== sensor_id) {
    throw new ProcessingError(
      `The key must be the sensor_id ${JSON.stringify(sensor_id)}, but is ${JSON.stringify(key)}`,
    );
  }
  return { sensor_id, temperature, humidity, timestamp, alert: temperature > ALERT_ABOVE };
}
