/** Writes the source of a reader for one schema: straight code from bytes to the finished object. It takes what producers write
 *  as a rule (the fields in the declared order, at most one space behind `:` and `,`) and misses everything else. */
import type { Scan } from './scan.ts';
import type { NodeOf, ObjectField, SchemaNode } from './schema-node.ts';

/** The value from `start` to `end`; undefined: a miss. */
export type PlainReader = (bytes: Buffer, start: number, end: number) => unknown;

/** @throws EvalError where the process allows no code from strings */
export function generateReader(node: SchemaNode, scan: Scan): PlainReader {
  const source = new ReaderSource();
  const value = source.read(node);
  const body = `return (b, s, end) => { let p = s; ${source.text} return p === end ? ${value} : undefined; }`;
  // oxlint-disable-next-line no-implied-eval, no-new-func -- made of field names and constants, all written by JSON.stringify
  const make = new Function('scan', 'constants', body) as (scan: Scan, constants: unknown[]) => PlainReader;
  return make(scan, source.constants);
}

const MISS = 'return undefined;';
const SKIP_SPACE = 'if (b[p] === 32) p++;';

class ReaderSource {
  text = '';
  readonly constants: unknown[] = [];
  #names = 0;

  /** Emits what reads a value at `p`; gives the expression that holds it then. */
  read(node: SchemaNode): string {
    const value = this.#name();
    this.#emit(`let ${value};`);
    this.#readInto(value, node);
    return value;
  }

  #readInto(value: string, node: SchemaNode): void {
    switch (node.kind) {
      case 'string':
        this.#text(value);
        return node.minLength === 0
          ? undefined
          : this.#emit(`if (${value}.length < ${node.minLength}) ${MISS}`);
      case 'number':
        return this.#number(value);
      case 'integer':
        this.#number(value);
        return this.#emit(`if (!Number.isSafeInteger(${value})) ${MISS}`);
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

  #text(value: string): void {
    this.#emit(`${value} = scan.text(b, p, end); if (${value} === undefined) ${MISS} p = scan.at;`);
  }

  #number(value: string): void {
    this.#emit(`${value} = scan.number(b, p); if (${value} !== ${value}) ${MISS} p = scan.at;`);
  }

  #oneOf(value: string, literals: readonly unknown[]): void {
    for (const literal of literals) {
      const bytes = Buffer.from(JSON.stringify(literal));
      this.#emit(
        `if (${matches(bytes)}) { ${value} = ${JSON.stringify(literal)}; p += ${bytes.length}; } else`,
      );
    }
    this.#emit(MISS);
  }

  #scalar(value: string, { convert }: NodeOf<'scalar'>): void {
    const converted = `constants[${this.constants.push(convert) - 1}]`;
    this.#emit(`if (b[p] === 34) {`);
    this.#text(value);
    this.#emit('} else {');
    this.#number(value);
    this.#emit(`} ${value} = ${converted}(${value}); if (${value} === undefined) ${MISS}`);
  }

  #nullable(value: string, { of }: NodeOf<'nullable'>): void {
    this.#emit(`if (b[p] === 110) {`);
    this.#oneOf(value, [null]);
    this.#emit('} else {');
    this.#readInto(value, of);
    this.#emit('}');
  }

  #array(value: string, { of }: NodeOf<'array'>): void {
    this.#emit(`if (b[p] !== 91) ${MISS} p++; ${value} = []; if (b[p] === 93) p++; else for (;;) {`);
    const item = this.read(of);
    this.#emit(`${value}.push(${item}); if (b[p] === 44) { p++; ${SKIP_SPACE} continue; }`);
    this.#emit(`if (b[p] !== 93) ${MISS} p++; break; }`);
  }

  #object(value: string, { fields }: NodeOf<'object'>): void {
    this.#emit(`if (b[p] !== 123) ${MISS} p++;`);
    const values = fields.some(({ optional }) => optional)
      ? this.#someFields(fields)
      : this.#allFields(fields);
    this.#emit(`if (b[p] !== 125) ${MISS} p++;`);
    const firstOptional = fields.findIndex(({ optional }) => optional);
    const always = firstOptional < 0 ? fields.length : firstOptional;
    const literal = fields.slice(0, always).map(({ name }, i) => `${JSON.stringify(name)}: ${values[i]}`);
    this.#emit(`${value} = { ${literal.join(', ')} };`);
    fields.slice(always).forEach(({ name, optional }, i) => {
      const found = values[always + i]!;
      const given = optional ? `if (${found} !== undefined) ` : '';
      this.#emit(`${given}${value}[${JSON.stringify(name)}] = ${found};`);
    });
  }

  #allFields(fields: readonly ObjectField[]): readonly string[] {
    return fields.map(({ name, node }, index) => {
      if (index > 0) this.#emit(`if (b[p] !== 44) ${MISS} p++; ${SKIP_SPACE}`);
      const key = keyBytes(name);
      this.#emit(`if (!(${matches(key)})) ${MISS} p += ${key.length}; ${SKIP_SPACE}`);
      return this.read(node);
    });
  }

  /** `open`: another field must follow, there was a comma. */
  #someFields(fields: readonly ObjectField[]): readonly string[] {
    const open = this.#name();
    this.#emit(`let ${open} = b[p] !== 125;`);
    const values = fields.map(({ name, node, optional }) => {
      const value = this.#name();
      const key = keyBytes(name);
      this.#emit(`let ${value}; if (${open} && ${matches(key)}) { p += ${key.length}; ${SKIP_SPACE}`);
      this.#readInto(value, node);
      this.#emit(
        `${open} = b[p] === 44; if (${open}) { p++; ${SKIP_SPACE} } }${optional ? '' : ` else ${MISS}`}`,
      );
      return value;
    });
    this.#emit(`if (${open}) ${MISS}`);
    return values;
  }

  #name(): string {
    return `v${this.#names++}`;
  }
  #emit(code: string): void {
    this.text += `${code}\n`;
  }
}

export function keyBytes(name: string): Buffer {
  return Buffer.from(`${JSON.stringify(name)}:`);
}

function matches(bytes: Buffer): string {
  return Array.from(bytes, (byte, i) => `b[p + ${i}] === ${byte}`).join(' && ');
}
