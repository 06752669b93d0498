/** Readings of the tutorial's sensors, the same in every process, and what their windows must be. */
import type { Reading } from '../../examples/01-iot-sensor-analytics/main.ts';

export const WINDOW_MS = 1_000;
const BASE_MS = Date.UTC(2026, 0, 30, 10);
const SENSORS = ['sensor-1', 'sensor-2', 'sensor-3'];
/** Below the tutorial's 10 s: events come out of order, but none is too late. */
const MAX_DISORDER_MS = 8_000;
const BETWEEN_READINGS_MS = 20;

/** Reading number `index`; from `count` on one that closes all windows before it. */
export function readingAt(index: number, count: number): Reading {
  const random = (salt: number) => ((index * 7_919 + salt * 104_729 + 13) % 9_973) / 9_973;
  const backMs = index < count ? random(1) * MAX_DISORDER_MS : 0;
  const timeMs = BASE_MS + index * BETWEEN_READINGS_MS - Math.floor(backMs) + (index < count ? 0 : 60_000);
  return {
    sensor_id: SENSORS[Math.floor(random(2) * SENSORS.length)]!,
    temperature: 18 + random(3) * 14,
    humidity: 30 + random(4) * 60,
    timestamp: new Date(timeMs).toISOString(),
  };
}

export interface WindowResult {
  readonly sensor_id: string;
  readonly window_start: number;
  readonly window_end: number;
  readonly avg_temp: number;
  readonly max_temp: number;
  readonly min_temp: number;
  readonly avg_humidity: number;
  readonly alert_count: number;
  readonly reading_count: number;
}

/** Recomputed without the engine, one row per sensor and window; every reading counts. */
export function expectedResults(readings: readonly Reading[]): WindowResult[] {
  const windowOf = ({ timestamp }: Reading) => Math.floor(Date.parse(timestamp) / WINDOW_MS) * WINDOW_MS;
  const groups = Map.groupBy(readings, (reading) => `${reading.sensor_id} ${windowOf(reading)}`);
  return [...groups.values()].map((group) => {
    const window_start = windowOf(group[0]!);
    const temperatures = group.map(({ temperature }) => temperature);
    return {
      sensor_id: group[0]!.sensor_id,
      window_start,
      window_end: window_start + WINDOW_MS,
      avg_temp: average(temperatures),
      max_temp: Math.max(...temperatures),
      min_temp: Math.min(...temperatures),
      avg_humidity: average(group.map(({ humidity }) => humidity)),
      alert_count: temperatures.filter((temperature) => temperature > 28).length,
      reading_count: group.length,
    };
  });
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sorted and with averages to nine decimals: the order of additions is the engine's own affair. */
export function comparable(results: readonly WindowResult[]): string[] {
  return results
    .map((row) => {
      const averages = [row.avg_temp, row.avg_humidity].map((value) => value.toFixed(9));
      const { sensor_id, window_start, window_end, max_temp, min_temp, alert_count, reading_count } = row;
      return [
        window_start,
        sensor_id,
        window_end,
        ...averages,
        max_temp,
        min_temp,
        alert_count,
        reading_count,
      ].join();
    })
    .sort((a, b) => (a < b ? -1 : 1));
}
