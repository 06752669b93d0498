import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { checkEdit, editRecord, parseDeadLetterEdit, type DeadLetterEdit } from './dead-letter-edit.ts';
import { mergePatch } from './exact-json.ts';
import { renderBytes } from './rendered-bytes.ts';

const record = (value: string | null) => ({
  key: Buffer.from('k'),
  value: value === null ? null : Buffer.from(value),
  headers: [
    ['a', Buffer.from('1')],
    ['b', null],
    ['a', Buffer.from('2')],
  ] as const,
});
const valueAfter = (value: string | null, edit: DeadLetterEdit['value'] & object) => {
  const { value: edited } = editRecord(record(value), { value: edit });
  return edited && Buffer.from(edited).toString();
};

describe('an edit', () => {
  it.each([
    ['{"a":1,"b":{"c":2,"d":3}}', { a: 5, b: { c: null } }, '{"a":5,"b":{"d":3}}'],
    [
      '{"id":12345678901234567890,"x":1.0,"y":1e400}',
      { z: 1 },
      '{"id":12345678901234567890,"x":1.0,"y":1e400,"z":1}',
    ],
    ['[1,2]', { a: 1 }, '{"a":1}'],
    ['7', { a: { b: null } }, '{"a":{}}'],
    ['{"a":1}', [1], '[1]'],
  ])(
    'merges into JSON as RFC 7396 has it, and leaves other numbers as they were: %s',
    (value, merge, expected) => {
      expect(valueAfter(value, { merge })).toBe(expected);
    },
  );

  it('takes __proto__ for a name like others', () => {
    const merge = JSON.parse('{"__proto__":{"polluted":1}}') as object;
    expect(valueAfter('{"a":1}', { merge: merge as never })).toBe('{"a":1,"__proto__":{"polluted":1}}');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('merges twice as it merges once', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (target, patch) => {
        const once = mergePatch(target, patch);
        expect(mergePatch(once, patch)).toEqual(once);
      }),
    );
  });

  it.each(['{"a":', '\u0000'])('refuses to merge into what is no JSON: %j', (value) => {
    expect(() => valueAfter(value, { merge: {} })).toThrow('its value is no JSON that could be merged into');
  });
  it('refuses to merge into null', () => {
    expect(() => valueAfter(null, { merge: {} })).toThrow('replace it whole');
  });

  it('replaces whole: by JSON, text, bytes or null', () => {
    expect(valueAfter('x', { json: { a: [1] } })).toBe('{"a":[1]}');
    expect(valueAfter('x', { text: 'ü' })).toBe('ü');
    expect(valueAfter('x', { base64: 'AAE=' })).toBe('\u0000\u0001');
    expect(editRecord(record('x'), { value: null, key: { text: 'new' } })).toMatchObject({
      key: Buffer.from('new'),
      value: null,
    });
  });

  it('replaces and removes headers by name, and leaves the others', () => {
    expect(editRecord(record('x'), { headers: { a: '3', c: { base64: 'AA==' } } }).headers).toEqual([
      ['b', null],
      ['a', Buffer.from('3')],
      ['c', Buffer.from([0])],
    ]);
    expect(editRecord(record('x'), { headers: { a: null } }).headers).toEqual([['b', null]]);
  });

  it('gives back what was rendered', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.string().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          const rendered = renderBytes(bytes);
          if (rendered !== null && 'json' in rendered) return;
          expect(editRecord(record('x'), { value: rendered }).value).toEqual(Buffer.from(bytes));
        },
      ),
    );
  });

  it.each([
    [[], 'an edit must be an object'],
    [{ valeu: null }, 'valeu is none of key, value and headers'],
    [{ value: 'text' }, 'value must be an object'],
    [{ value: { text: 'a', json: 1 } }, 'value must be null or have one of json, text, base64, merge'],
    [{ key: { bytes: 'a' } }, 'key must be null or have one of'],
    [{ value: { text: 1 } }, 'value.text must be a text'],
    [{ value: { base64: 'a?' } }, 'value.base64 is no base64'],
    [{ headers: { a: { text: 'b' } } }, 'header a must be null or have one of base64'],
    [{ headers: 'a' }, 'headers must be an object'],
  ])('that is none is refused: %j', (edit, message) => {
    expect(() => checkEdit(edit)).toThrow(`Cannot edit a dead letter: ${message}`);
  });
});

describe('an edit that is given as text', () => {
  it('keeps its numbers as they are written', () => {
    const text = '{"value":{"merge":{"id":12345678901234567890,"deep":{"x":1.0}}}}';
    const { value } = editRecord(record('{"a":1}'), parseDeadLetterEdit(text));
    expect(Buffer.from(value!).toString()).toBe('{"a":1,"id":12345678901234567890,"deep":{"x":1.0}}');
    expect(
      Buffer.from(
        editRecord(record(null), parseDeadLetterEdit('{"value":{"json":1e400}}')).value!,
      ).toString(),
    ).toBe('1e400');
  });

  it('is refused where it is no JSON, or no edit', () => {
    expect(() => parseDeadLetterEdit('{')).toThrow('Cannot edit a dead letter: it is no JSON');
    expect(() => parseDeadLetterEdit('{"values":1}')).toThrow('values is none of key, value and headers');
  });
});

describe('rendered bytes', () => {
  it.each([
    [Buffer.from('{"a":1.50}'), { json: { a: 1.5 } }],
    [Buffer.from('{"id":12345678901234567890}'), { text: '{"id":12345678901234567890}' }],
    [Buffer.from('1e400'), { text: '1e400' }],
    [Buffer.from('{"a":'), { text: '{"a":' }],
    [Buffer.from(''), { text: '' }],
    [Buffer.from('\ufeffx'), { text: '\ufeffx' }],
    [Buffer.from([0xff, 0xfe]), { base64: '//4=' }],
    [null, null],
  ])('are JSON where nothing is lost, text where they are UTF-8, else base64: %j', (bytes, expected) => {
    expect(renderBytes(bytes)).toEqual(expected);
  });
});
