/** Asserts a type exactly: `expectTypeOf(x).toEqual<T>()` asks for an argument when the types differ. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

export declare function expectTypeOf<A>(value: A): {
  toEqual<B>(...differs: Equal<A, B> extends true ? [] : [expected: B, got: A]): void;
};
