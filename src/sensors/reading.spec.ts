import { DeserializationError } from '@hiveframe/streams';
import { describe, expect, it } from '@jest/globals';
import { toReading } from './reading.ts';

const valid = { sensor_id: 'sensor-1', temperature: 21.5, humidity: 40, timestamp: 1_700_000_000_000 };

function faultOf(value: unknown): string {
  try {
    toReading(value);
  } catch (error) {
    expect(error).toBeInstanceOf(DeserializationError);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

describe('toReading', () => {
  it('takes a valid reading over, without fields that do not belong to it', () => {
    expect(toReading({ ...valid, firmware: '1.2' })).toEqual(valid);
  });

  it('turns an ISO time into epoch milliseconds', () => {
    expect(toReading({ ...valid, timestamp: '2023-11-14T22:13:20Z' }).timestamp).toBe(1_700_000_000_000);
  });

  it('takes a sensor in any script', () => {
    expect(toReading({ ...valid, sensor_id: 'Fühler-温度-🌡' }).sensor_id).toBe('Fühler-温度-🌡');
  });

  it.each([
    ['sensor_id', undefined, 'missing'],
    ['sensor_id', '', '""'],
    ['sensor_id', 7, '7'],
    ['sensor_id', null, 'null'],
    ['temperature', undefined, 'missing'],
    ['temperature', null, 'null'],
    ['temperature', '21.5', '"21.5"'],
    ['temperature', JSON.parse('1e999'), 'Infinity'],
    ['temperature', true, 'true'],
    ['humidity', undefined, 'missing'],
    ['humidity', {}, '{}'],
    ['humidity', [40], '[40]'],
    ['timestamp', undefined, 'missing'],
    ['timestamp', 'soon', '"soon"'],
    ['timestamp', -5, '-5'],
    ['timestamp', null, 'null'],
  ])('refuses %s = %j, naming the field and what is there', (field, found, shown) => {
    const { [field as keyof typeof valid]: _, ...rest } = valid;
    const message = faultOf(found === undefined ? rest : { ...rest, [field]: found });
    expect(message).toMatch(new RegExp(`^Not a reading: ${field} must be `));
    expect(message).toMatch(`but is ${shown}`);
  });

  it('names all fields at fault', () => {
    expect(faultOf({ sensor_id: 'sensor-1' })).toBe(
      'Not a reading: temperature must be a finite number, but is missing; ' +
        'humidity must be a finite number, but is missing; ' +
        'timestamp must be epoch milliseconds or an ISO 8601 date-time, from 1970 to at most a day ahead, but is missing',
    );
  });

  it.each([
    ['null', null],
    ['a list', [valid]],
    ['a text', 'hot'],
    ['a number', 21.5],
    ['a boolean', false],
  ])('refuses %s in place of an object', (_, value) => {
    expect(faultOf(value)).toMatch(/^A reading must be a JSON object, but is /);
  });

  it('shows a long value shortened', () => {
    expect(faultOf({ ...valid, temperature: 'x'.repeat(5_000_000) }).length).toBeLessThan(200);
  });
});
