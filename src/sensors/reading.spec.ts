import { DeserializationError, json } from '@hiveframe/streams';
import { describe, expect, it } from '@jest/globals';
import { readingSchema, type Reading } from './reading.ts';

const valid = { sensor_id: 'sensor-1', temperature: 21.5, humidity: 40, timestamp: 1_700_000_000_000 };

/** JSON can write it, JSON.stringify cannot. */
const BEYOND_NUMBERS = '1e999';
const serde = json<Reading>(readingSchema);
const readText = (text: string): Reading =>
  serde.deserialize(Buffer.from(text), { topic: 'readings', part: 'value', headers: () => [] });
const read = (value: unknown): Reading => readText(JSON.stringify(value));

function faultOf(text: string): string {
  try {
    readText(text);
  } catch (error) {
    expect(error).toBeInstanceOf(DeserializationError);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

describe('readingSchema', () => {
  it('takes a valid reading over, without fields that do not belong to it', () => {
    expect(read({ ...valid, firmware: '1.2' })).toEqual(valid);
  });

  it('turns an ISO time into epoch milliseconds', () => {
    expect(read({ ...valid, timestamp: '2023-11-14T22:13:20Z' }).timestamp).toBe(1_700_000_000_000);
  });

  it('takes a sensor in any script', () => {
    expect(read({ ...valid, sensor_id: 'Fühler-温度-🌡' }).sensor_id).toBe('Fühler-温度-🌡');
  });

  it.each([
    ['sensor_id', undefined, 'missing'],
    ['sensor_id', '', '""'],
    ['sensor_id', 7, '7'],
    ['sensor_id', null, 'null'],
    ['temperature', undefined, 'missing'],
    ['temperature', null, 'null'],
    ['temperature', '21.5', '"21.5"'],
    ['temperature', BEYOND_NUMBERS, 'Infinity'],
    ['temperature', true, 'true'],
    ['humidity', undefined, 'missing'],
    ['humidity', {}, '{}'],
    ['humidity', [40], '[40]'],
    ['timestamp', undefined, 'missing'],
    ['timestamp', 'soon', '"soon"'],
    ['timestamp', -5, '-5'],
    ['timestamp', null, 'null'],
  ])('refuses %s = %j, naming the field and what is there', (field, found, shown) => {
    const text = JSON.stringify({ ...valid, [field]: found }).replace(`"${BEYOND_NUMBERS}"`, BEYOND_NUMBERS);
    const message = faultOf(text);
    expect(message).toMatch(new RegExp(`^does not fit the schema: ${field} must be `));
    expect(message).toMatch(`but is ${shown}`);
  });

  it('names all fields at fault', () => {
    expect(faultOf('{"sensor_id":"sensor-1"}')).toBe(
      'does not fit the schema: temperature must be a finite number, but is missing; ' +
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
    expect(faultOf(JSON.stringify(value))).toMatch(/the value must be a JSON object, but is /);
  });

  it('shows a long value shortened', () => {
    expect(faultOf(JSON.stringify({ ...valid, temperature: 'x'.repeat(5_000_000) })).length).toBeLessThan(
      200,
    );
  });
});
