import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import * as streams from '@hiveframe/streams';
import * as connect from '@hiveframe/streams-connect';

type ErrorClass = new (...args: never[]) => streams.StreamsError;
const isErrorClass = (value: unknown): value is ErrorClass =>
  typeof value === 'function' && value.prototype instanceof streams.StreamsError;
const exported: readonly unknown[] = [...Object.values(streams), ...Object.values(connect)];
const classes = exported.filter(isErrorClass);

function make(Class: ErrorClass): streams.StreamsError {
  if (Class === (streams.LogError as unknown)) return new streams.LogError({ kind: 'fenced' }, 'text');
  return new (Class as unknown as new (text: string, held: object) => streams.StreamsError)('text', {});
}

describe('every exported error', () => {
  it.each(classes.map((Class) => [Class.name, Class] as const))(
    '%s has its name and a row in docs/errors.md',
    (name, Class) => {
      const error = make(Class);
      const table = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8');
      expect(error.name).toBe(name);
      expect(streams.StreamsError.is(error)).toBe(true);
      expect(table).toMatch(new RegExp(`\\| \`${error.code}\` +\\| \`${name}\` +\\|`));
    },
  );

  it('has a code of its own', () => {
    const codes = classes.map((Class) => make(Class).code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.length).toBeGreaterThan(12);
  });
});
