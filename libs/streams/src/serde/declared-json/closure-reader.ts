/** The same reader as `generated-reader.ts`, put together from closures: for processes that allow no code from strings
 *  (`--disallow-code-generation-from-strings`). It reads and misses exactly the same. */
import { keyBytes, type PlainReader } from './generated-reader.ts';
import type { Scan } from './scan.ts';
import type { JsonScalar, NodeOf, SchemaNode } from './schema-node.ts';

/** Reads at `start`, leaves `scan.at` behind it; undefined: a miss. */
type Read = (bytes: Buffer, start: number, end: number) => unknown;

const SPACE = 0x20;
const COMMA = 0x2c;

export function composeReader(node: SchemaNode, scan: Scan): PlainReader {
  const read = new Closures(scan).reading(node);
  return (bytes, start, end) => {
    const value = read(bytes, start, end);
    return scan.at === end ? value : undefined;
  };
}

class Closures {
  readonly #scan: Scan;

  constructor(scan: Scan) {
    this.#scan = scan;
  }

  reading(node: SchemaNode): Read {
    switch (node.kind) {
      case 'string':
        return this.#text(node.minLength);
      case 'number':
        return this.#number;
      case 'integer':
        return this.#integer;
      case 'boolean':
        return this.#oneOf([true, false]);
      case 'literal':
        return this.#oneOf(node.values);
      case 'scalar':
        return this.#scalar(node);
      case 'nullable':
        return this.#nullable(node);
      case 'array':
        return this.#array(node);
      case 'object':
        return this.#object(node);
    }
  }

  #text(minLength: number): Read {
    const scan = this.#scan;
    return (bytes, start, end) => {
      const text = scan.text(bytes, start, end);
      return text === undefined || text.length < minLength ? undefined : text;
    };
  }

  readonly #number: Read = (bytes, start) => {
    const value = this.#scan.number(bytes, start);
    return value === value ? value : undefined;
  };

  readonly #integer: Read = (bytes, start) => {
    const value = this.#scan.number(bytes, start);
    return Number.isSafeInteger(value) ? value : undefined;
  };

  #oneOf(literals: readonly JsonScalar[]): Read {
    const scan = this.#scan;
    const known = literals.map((value) => ({ value, bytes: Buffer.from(JSON.stringify(value)) }));
    return (bytes, start) => {
      for (const one of known) {
        if (!startsWith(bytes, start, one.bytes)) continue;
        scan.at = start + one.bytes.length;
        return one.value;
      }
      return undefined;
    };
  }

  #scalar({ convert }: NodeOf<'scalar'>): Read {
    const scan = this.#scan;
    const text = this.#text(0);
    return (bytes, start, end) => {
      const value = bytes[start] === 0x22 ? text(bytes, start, end) : this.#number(bytes, start, end);
      if (value === undefined) return undefined;
      const { at } = scan; // the function may read something else by this reader
      const converted = convert(value as JsonScalar);
      scan.at = at;
      return converted;
    };
  }

  #nullable({ of }: NodeOf<'nullable'>): Read {
    const read = this.reading(of);
    const none = this.#oneOf([null]);
    return (bytes, start, end) => (bytes[start] === 0x6e ? none : read)(bytes, start, end);
  }

  #array({ of }: NodeOf<'array'>): Read {
    const scan = this.#scan;
    const read = this.reading(of);
    return (bytes, start, end) => {
      if (bytes[start] !== 0x5b) return undefined;
      const items: unknown[] = [];
      let at = start + 1;
      if (bytes[at] === 0x5d) return ((scan.at = at + 1), items);
      for (;;) {
        const item = read(bytes, at, end);
        if (item === undefined) return undefined;
        items.push(item);
        at = scan.at;
        if (bytes[at] !== COMMA) break;
        at = skipSpace(bytes, at + 1);
      }
      if (bytes[at] !== 0x5d) return undefined;
      scan.at = at + 1;
      return items;
    };
  }

  #object({ fields }: NodeOf<'object'>): Read {
    const scan = this.#scan;
    const parts = fields.map(({ name, node, optional }) => {
      return { name, optional, key: keyBytes(name), read: this.reading(node) };
    });
    return (bytes, start, end) => {
      if (bytes[start] !== 0x7b) return undefined;
      const object: Record<string, unknown> = {};
      let at = start + 1;
      let open = bytes[at] !== 0x7d; // another field must follow
      for (const { name, optional, key, read } of parts) {
        if (!open || !startsWith(bytes, at, key)) {
          if (optional) continue;
          return undefined;
        }
        const value = read(bytes, skipSpace(bytes, at + key.length), end);
        if (value === undefined) return undefined;
        object[name] = value;
        at = scan.at;
        open = bytes[at] === COMMA;
        if (open) at = skipSpace(bytes, at + 1);
      }
      if (open || bytes[at] !== 0x7d) return undefined;
      scan.at = at + 1;
      return object;
    };
  }
}

function skipSpace(bytes: Buffer, at: number): number {
  return bytes[at] === SPACE ? at + 1 : at;
}

function startsWith(bytes: Buffer, start: number, token: Buffer): boolean {
  for (let i = 0; i < token.length; i++) if (bytes[start + i] !== token[i]) return false;
  return true;
}
