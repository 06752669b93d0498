import { describe, expect, it } from '@jest/globals';
import { judge } from './judge.ts';

const reading = { sensor_id: 'sensor-1', temperature: 28, humidity: 40, timestamp: 1_000 };

describe('judge', () => {
  it('alerts above 28 °C, not at 28 °C', () => {
    expect(judge(reading, 'sensor-1')).toEqual({ ...reading, alert: false });
    expect(judge({ ...reading, temperature: 28.01 }, 'sensor-1').alert).toBe(true);
  });

  it.each([null, 'sensor-2', ''])(
    'refuses a reading whose key is %j: it would count for another sensor',
    (key) => {
      expect(() => judge(reading, key)).toThrow(
        `The key must be the sensor_id "sensor-1", but is ${JSON.stringify(key)}`,
      );
    },
  );
});
