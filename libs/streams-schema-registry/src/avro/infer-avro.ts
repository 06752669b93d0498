/** The TypeScript type of an Avro schema that is written in place. */

/** Avro's schema as a value: an object with its `type`, or a list (a union). */
export type AvroSchema =
  { readonly type: string | object; readonly [attribute: string]: unknown } | readonly (string | object)[];

interface Primitives {
  null: null;
  boolean: boolean;
  int: number;
  long: number;
  float: number;
  double: number;
  string: string;
  bytes: Buffer;
}
interface Field {
  readonly name: string;
  readonly type: string | object;
}

/** `InferAvro<typeof schema>`, of a schema declared `as const`. Of types that are named elsewhere, and of logical types that the serde
 *  was given, it knows nothing: `unknown`, or the type beneath. */
export type InferAvro<S> = unknown extends S
  ? unknown
  : S extends keyof Primitives
    ? Primitives[S]
    : S extends readonly unknown[]
      ? InferAvro<S[number]>
      : InferComplex<S>;

type InferComplex<S> = S extends { readonly type: 'record'; readonly fields: readonly Field[] }
  ? { -readonly [F in S['fields'][number] as F['name']]: InferAvro<F['type']> }
  : S extends { readonly type: 'array'; readonly items: infer I }
    ? InferAvro<I>[]
    : S extends { readonly type: 'map'; readonly values: infer V }
      ? Record<string, InferAvro<V>>
      : S extends { readonly type: 'enum'; readonly symbols: readonly (infer E)[] }
        ? E
        : S extends { readonly type: 'fixed' }
          ? Buffer
          : S extends { readonly type: infer P extends keyof Primitives }
            ? Primitives[P]
            : unknown;
