/** A declared schema as data: what validator, readers and writer are made from. */

export type JsonScalar = string | number | boolean | null;

/** Makes of a scalar what the application wants to have; undefined: it does not fit. */
export type Convert = (value: JsonScalar) => JsonScalar | undefined;

export interface ObjectField {
  readonly name: string;
  readonly node: SchemaNode;
  readonly optional: boolean;
}

export type SchemaNode =
  | { readonly kind: 'string'; readonly minLength: number }
  | { readonly kind: 'number' }
  | { readonly kind: 'integer' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'literal'; readonly values: readonly JsonScalar[] }
  | { readonly kind: 'scalar'; readonly expected: string; readonly convert: Convert }
  | { readonly kind: 'nullable'; readonly of: SchemaNode }
  | { readonly kind: 'array'; readonly of: SchemaNode }
  | { readonly kind: 'object'; readonly fields: readonly ObjectField[] };

export type NodeOf<Kind extends SchemaNode['kind']> = Extract<SchemaNode, { kind: Kind }>;
