import { describe, expect, it } from '@jest/globals';
import * as streams from '@hiveframe/streams';
import { carryError, reviveError } from './carried-error.ts';

const { LogError, ProcessingError, StreamsError } = streams;
const cross = (thrown: unknown) => reviveError(structuredClone(carryError(thrown)));

type ErrorClass = new (...args: never[]) => streams.StreamsError;
const isErrorClass = (value: unknown): value is ErrorClass =>
  typeof value === 'function' && value.prototype instanceof StreamsError;

describe('an error on its way between threads', () => {
  it.each(
    (Object.values(streams) as unknown[]).filter(isErrorClass).map((Class) => [Class.name, Class] as const),
  )('%s keeps class, code, text and stack', (_, Class) => {
    const error = new (Class as unknown as new (first: unknown, second: unknown) => streams.StreamsError)(
      Class === (LogError as unknown) ? { kind: 'fenced' } : 'text',
      Class === (LogError as unknown) ? 'text' : {},
    );
    const arrived = cross(error);
    expect(arrived).toBeInstanceOf(Class);
    expect(StreamsError.is(arrived)).toBe(true);
    expect(arrived).toMatchObject({ name: error.name, code: error.code, message: error.message });
    expect(arrived.stack).toBe(error.stack);
  });

  it('keeps fields, and causes with theirs', () => {
    const failure = {
      kind: 'damaged',
      at: { topic: 'a', partition: 1 },
      offset: 3,
      nextOffset: null,
    } as const;
    const arrived = cross(new ProcessingError('outer', { cause: new LogError(failure, 'inner') }));
    expect(arrived.cause).toBeInstanceOf(LogError);
    expect(arrived.cause).toMatchObject({ message: 'inner', failure });
  });

  it("keeps Node's errors, and those of others under their name", () => {
    const missing = Object.assign(new TypeError('no file'), { code: 'ENOENT', close: Symbol('none') });
    expect(cross(missing)).toBeInstanceOf(TypeError);
    expect(cross(missing)).toMatchObject({ code: 'ENOENT', close: 'Symbol(none)' });
    class OtherError extends StreamsError {
      readonly code = 'HFS_OTHER';
    }
    const other = cross(new OtherError('of another package'));
    expect(StreamsError.is(other)).toBe(true);
    expect(other).toMatchObject({ name: 'OtherError', code: 'HFS_OTHER', message: 'of another package' });
  });

  it('takes whatever was thrown, and ends a circle of causes', () => {
    expect(cross('just text').message).toBe('just text');
    expect(cross(new Error('why', { cause: 'text' })).cause).toBe('text');
    const circle = new Error('round');
    circle.cause = circle;
    expect(cross(circle).message).toBe('round');
  });
});
