/** A .proto file with what it imports, and the places of its messages. */
import protobuf, { type NamespaceBase, type Type } from 'protobufjs';
import type { ResolvedSchema } from '../registry/resolved-schema.ts';

export interface ProtoMessage {
  readonly type: Type;
  readonly path: readonly number[];
}

export class ProtoFile {
  readonly #file: NamespaceBase;

  /** @throws Error for text that is no .proto file, or an import that is not among its references */
  constructor(schema: ResolvedSchema) {
    const root = new protobuf.Root();
    const parsed = protobuf.parse(schema.text, root);
    const imports = [...(parsed.imports ?? []), ...(parsed.weakImports ?? [])];
    for (const { text } of schema.referenced) imports.push(...(protobuf.parse(text, root).imports ?? []));
    for (const name of new Set(imports)) addWellKnown(root, name);
    root.resolveAll();
    const { package: name } = parsed;
    this.#file = name === undefined ? root : (root.lookup(name) as NamespaceBase);
  }

  /** @throws Error when there is no such message */
  named(fullName: string | undefined): ProtoMessage {
    const all = messagesOf(this.#file, []);
    if (fullName === undefined && all.length > 0) return all[0]!;
    const found = all.find(({ type }) => nameOf(type) === fullName);
    if (found !== undefined) return found;
    throw new TypeError(
      fullName === undefined
        ? 'it has no message'
        : `it has no message ${fullName}, but ${all.map(({ type }) => nameOf(type)).join(', ')}`,
    );
  }

  /** @throws Error when there is none */
  at(path: readonly number[]): Type {
    let place: NamespaceBase | undefined = this.#file;
    for (const index of path) place = place === undefined ? undefined : typesOf(place)[index];
    if (place instanceof protobuf.Type) return place;
    throw new TypeError(`the schema it was written with has no message at ${path.join('.')}`);
  }
}

export function nameOf(type: Type): string {
  return type.fullName.replace(/^\./, '');
}

function addWellKnown(root: protobuf.Root, name: string): void {
  const known = protobuf.common.get(name);
  if (known?.nested !== undefined) root.addJSON(known.nested);
}

function typesOf(place: NamespaceBase): Type[] {
  return place.nestedArray.filter((object): object is Type => object instanceof protobuf.Type);
}

function messagesOf(place: NamespaceBase, path: readonly number[]): ProtoMessage[] {
  return typesOf(place).flatMap((type, index) => {
    const own = [...path, index];
    return [{ type, path: own }, ...messagesOf(type, own)];
  });
}
