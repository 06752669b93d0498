import { describe, expect, it } from '@jest/globals';
import { json } from './json.serde.ts';
import { NULL_VALUE, nullable } from './nullable.serde.ts';
import { bytes } from './primitives.serde.ts';
import type { Serde, SerdeContext } from './serde.ts';

const context: SerdeContext = { topic: 't', part: 'value', headers: () => [] };
const written = <T>(serde: Serde<T>, value: T) => serde.serialize(value, context);

describe('nullable', () => {
  it('carries null, and its marker as null', () => {
    const serde = nullable(json<number>());
    for (const value of [null, NULL_VALUE as unknown as null]) {
      expect(serde.deserialize(written(serde, value), context)).toBeNull();
    }
  });

  it('reads a value back, alone and out of a larger buffer', () => {
    const serde = nullable(json<object>());
    const stored = written(serde, { a: 1 });
    expect(serde.deserialize(new Uint8Array(stored), context)).toEqual({ a: 1 });
    const within = Buffer.concat([Buffer.from('ab'), stored, Buffer.from('}')]);
    expect(serde.deserializeRange!(within, 2, 2 + stored.length, context)).toEqual({ a: 1 });
  });

  it('goes by the inner serde where it has no range', () => {
    const serde = nullable(bytes());
    const stored = written(serde, Buffer.from([0]));
    expect(serde.deserialize(stored, context)).toEqual(Buffer.from([0]));
  });

  it('gives the inner serde only the bytes of values to prepare', async () => {
    const prepared: string[] = [];
    const inner: Serde<string> = {
      serialize: (value) => Buffer.from(value),
      deserialize: (data) => Buffer.from(data).toString(),
      prepare: async (batch) => void prepared.push(...batch.map((one) => Buffer.from(one).toString())),
    };
    const serde = nullable(inner);
    await serde.prepare!([written(serde, 'a'), written(serde, null)], context);
    expect(prepared).toEqual(['a']);
  });

  it('refuses bytes it never wrote', () => {
    const serde = nullable(json<number>());
    for (const data of [[], [7], [0, 1]]) {
      expect(() => serde.deserialize(Buffer.from(data), context)).toThrow('neither of the flags');
    }
  });
});
