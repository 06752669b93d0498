/** Writes the source of a writer for one schema: straight code from the object to bytes. It writes what fits and needs no escapes,
 *  and misses everything else. */
import type { PlainText } from './plain-text.ts';
import type { NodeOf, ObjectField, SchemaNode } from './schema-node.ts';

/** The value as JSON; undefined: a miss. */
export type PlainWriter = (value: unknown) => Buffer | undefined;

/** @throws EvalError where the process allows no code from strings */
export function generateWriter(node: SchemaNode, out: PlainText): PlainWriter {
  const source = new WriterSource();
  source.write('value', node);
  const body = `return (value) => {
    const b = out.slab(${source.fixedBytes + ROOM_BYTES});
    const limit = b.length - ${source.fixedBytes};
    let p = out.at;
    ${source.text}
    return out.take(p);
  }`;
  // oxlint-disable-next-line no-implied-eval, no-new-func -- made of field names and constants, all written by JSON.stringify
  const make = new Function('out', 'constants', body) as (
    out: PlainText,
    constants: unknown[],
  ) => PlainWriter;
  return make(out, source.constants);
}

const MISS = 'return undefined;';
/** A number of 24 bytes is the longest token of fixed size: -1.2345678901234567e-100. */
const NUMBER_BYTES = 24;
/** What is there for texts and lists, at the least. */
const ROOM_BYTES = 1_024;

class WriterSource {
  text = '';
  /** What all tokens of fixed size need, each once: with so much left the rest of the value still fits. */
  fixedBytes = 0;
  readonly constants: unknown[] = [];
  #names = 0;

  write(value: string, node: SchemaNode): void {
    switch (node.kind) {
      case 'string':
        return this.#text(value, node.minLength);
      case 'number':
        return this.#number(value, 'Number.isFinite');
      case 'integer':
        return this.#number(value, 'Number.isSafeInteger');
      case 'boolean':
        return this.#oneOf(value, [true, false]);
      case 'literal':
        return this.#oneOf(value, node.values);
      case 'scalar':
        return this.#scalar(value, node);
      case 'nullable':
        return this.#nullable(value, node);
      case 'array':
        return this.#array(value, node);
      case 'object':
        return this.#object(value, node);
    }
  }

  #text(value: string, minLength: number): void {
    this.#emit(`if (typeof ${value} !== 'string' || ${value}.length < ${minLength}) ${MISS}`);
    this.#emit(`if ((p = out.text(b, p, ${value}, limit)) < 0) ${MISS}`);
  }

  #number(value: string, test: string): void {
    this.fixedBytes += NUMBER_BYTES;
    this.#emit(`if (!${test}(${value})) ${MISS} p = out.number(b, p, ${value});`);
  }

  #oneOf(value: string, literals: readonly unknown[]): void {
    for (const literal of literals) {
      const json = JSON.stringify(literal);
      this.#emit(`if (${value} === ${json}) {`);
      this.#bytes(json);
      this.#emit('} else');
    }
    this.#emit(MISS);
  }

  #scalar(value: string, { convert }: NodeOf<'scalar'>): void {
    const converted = this.#name();
    this.#emit(`if (typeof ${value} !== 'string' && typeof ${value} !== 'number') ${MISS}`);
    this.#emit(`const ${converted} = constants[${this.constants.push(convert) - 1}](${value});`);
    this.#emit(`if (typeof ${converted} === 'string') {`);
    this.#text(converted, 0);
    this.#emit('} else {');
    this.#number(converted, 'Number.isFinite');
    this.#emit('}');
  }

  #nullable(value: string, { of }: NodeOf<'nullable'>): void {
    this.#emit(`if (${value} === null) {`);
    this.#bytes('null');
    this.#emit('} else {');
    this.write(value, of);
    this.#emit('}');
  }

  /** Each item asks for its fixed bytes anew. */
  #array(value: string, { of }: NodeOf<'array'>): void {
    const [index, item] = [this.#name(), this.#name()];
    this.#emit(`if (!Array.isArray(${value})) ${MISS}`);
    this.#bytes('[');
    this.#emit(`for (let ${index} = 0; ${index} < ${value}.length; ${index}++) {`);
    this.#emit(`if (p > limit) ${MISS} if (${index} > 0) b[p++] = 44;`);
    this.#emit(`const ${item} = ${value}[${index}];`);
    this.write(item, of);
    this.#emit('}');
    this.fixedBytes++; // the comma
    this.#bytes(']');
  }

  #object(value: string, { fields }: NodeOf<'object'>): void {
    this.#emit(`if (typeof ${value} !== 'object' || ${value} === null || Array.isArray(${value})) ${MISS}`);
    this.#bytes('{');
    const first = fields.findIndex(({ optional }) => !optional);
    fields.forEach((field, index) => this.#field(value, field, index, first));
    this.#bytes('}');
  }

  /** Behind a required field a comma is sure; before the first required one it depends on what was written. */
  #field(of: string, { name, node, optional }: ObjectField, index: number, firstRequired: number): void {
    const value = this.#name();
    const key = JSON.stringify(name);
    const own =
      name in Object.prototype ? `Object.hasOwn(${of}, ${key}) ? ${of}[${key}] : undefined` : `${of}[${key}]`;
    this.#emit(`const ${value} = ${own};`);
    if (optional) this.#emit(`if (${value} !== undefined) {`);
    if (firstRequired >= 0 && index > firstRequired) this.#bytes(',');
    else if (index > 0) this.#emit('if (b[p - 1] !== 123) b[p++] = 44;');
    this.fixedBytes++;
    this.#bytes(`${key}:`);
    this.write(value, node);
    if (optional) this.#emit('}');
  }

  #bytes(text: string): void {
    const bytes = Buffer.from(text);
    this.fixedBytes += bytes.length;
    const stores = Array.from(bytes, (byte, i) => `b[p + ${i}] = ${byte};`);
    this.#emit(`${stores.join(' ')} p += ${bytes.length};`);
  }

  #name(): string {
    return `v${this.#names++}`;
  }
  #emit(code: string): void {
    this.text += `${code}\n`;
  }
}
