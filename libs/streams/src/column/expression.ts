/** Column expressions, as types.
 *  C1 An expression knows no row. Its type lists what a row must have (`Has`); that list is checked where the expression is used.
 *  C2 `Row` is contravariant: an expression that needs {temperature: number} fits every row that has it. No conditional type is needed to check it.
 *  C3 A result that depends on the row stays symbolic (`TypeOf`, `Over`) until `agg` knows the row. */

declare const row: unique symbol;
declare const out: unique symbol;

export type Maybe<T> = T | null | undefined;
export type Scalar = string | number | bigint | boolean | Date;
export type Ordered = string | number | bigint | Date;

/** What a row must have for an expression to work on it. */
export type Has<C extends string, T> = { readonly [K in C]: T };
/** The type of column C, to be looked up in the row. */
export interface TypeOf<out C extends string> {
  readonly typeOfColumn: C;
}
/** T, or null where column C may be null. */
export interface Over<out C extends string, out T> {
  readonly overColumn: C;
  readonly result: T;
}

/** The columns of V; an optional column may be undefined. */
export type Columns<V> = { [C in keyof V]-?: {} extends Pick<V, C> ? V[C] | undefined : V[C] };

/** Something that can be computed from one row. */
export interface Expression<in Row, out Out> {
  readonly [row]: (row: Row) => void;
  readonly [out]: Out;
}

export interface Column<out C extends string>
  extends
    Expression<Has<C, unknown>, TypeOf<C>>,
    Comparisons<Column<C>>,
    Arithmetic<Column<C>>,
    Logic<Column<C>> {
  readonly column: C;
}
export interface Numeric<in Row>
  extends Expression<Row, number>, Comparisons<Expression<Row, number>>, Arithmetic<Expression<Row, number>> {
  readonly kind: 'numeric';
}
export interface Condition<in Row> extends Expression<Row, boolean>, Logic<Expression<Row, boolean>> {
  readonly kind: 'condition';
}

/** Comparing with null gives false, and so does comparing values of different types. */
export interface Comparisons<Self> {
  eq<const T extends Operand<Scalar>>(
    other: T,
  ): Condition<Needs<Self, Maybe<Like<T, Scalar>>> & Needs<T, Maybe<Scalar>>>;
  ne<const T extends Operand<Scalar>>(
    other: T,
  ): Condition<Needs<Self, Maybe<Like<T, Scalar>>> & Needs<T, Maybe<Scalar>>>;
  gt<const T extends Operand<Ordered>>(
    other: T,
  ): Condition<Needs<Self, Maybe<Like<T, Ordered>>> & Needs<T, Maybe<Ordered>>>;
  gte<const T extends Operand<Ordered>>(
    other: T,
  ): Condition<Needs<Self, Maybe<Like<T, Ordered>>> & Needs<T, Maybe<Ordered>>>;
  lt<const T extends Operand<Ordered>>(
    other: T,
  ): Condition<Needs<Self, Maybe<Like<T, Ordered>>> & Needs<T, Maybe<Ordered>>>;
  lte<const T extends Operand<Ordered>>(
    other: T,
  ): Condition<Needs<Self, Maybe<Like<T, Ordered>>> & Needs<T, Maybe<Ordered>>>;
  /** True for null and for a column that is absent. */
  isNull(): Condition<Needs<Self, unknown>>;
}
/** Arithmetic takes no null: use `orElse` first. */
export interface Arithmetic<Self> {
  plus<const T extends Operand<number>>(other: T): Numeric<Needs<Self, number> & Needs<T, number>>;
  minus<const T extends Operand<number>>(other: T): Numeric<Needs<Self, number> & Needs<T, number>>;
  times<const T extends Operand<number>>(other: T): Numeric<Needs<Self, number> & Needs<T, number>>;
  dividedBy<const T extends Operand<number>>(other: T): Numeric<Needs<Self, number> & Needs<T, number>>;
  orElse(value: number): Numeric<Needs<Self, Maybe<number>>>;
}
/** Null counts as false here, so `not()` of it is true (SQL: unknown). */
export interface Logic<Self> {
  and<const T extends Operand<boolean>>(
    other: T,
  ): Condition<Needs<Self, Maybe<boolean>> & Needs<T, Maybe<boolean>>>;
  or<const T extends Operand<boolean>>(
    other: T,
  ): Condition<Needs<Self, Maybe<boolean>> & Needs<T, Maybe<boolean>>>;
  not(): Condition<Needs<Self, Maybe<boolean>>>;
}

/** A literal, a column, or an expression of that type. */
export type Operand<T> = T | Column<string> | Expression<never, T>;
type ColumnsIn<Out> = Out extends TypeOf<infer C> ? C : never;
/** What E needs of a row if its value is to be a T. */
export type Needs<E, T> =
  E extends Column<infer C>
    ? Has<C, T>
    : E extends Expression<infer Row, infer Out>
      ? [ColumnsIn<Out>] extends [never]
        ? Row
        : Row & Has<ColumnsIn<Out>, T>
      : unknown;
type Widen<T> = T extends string
  ? string
  : T extends number
    ? number
    : T extends boolean
      ? boolean
      : T extends bigint
        ? bigint
        : T;
type Like<E, Other> =
  E extends Column<string> ? Other : E extends Expression<never, infer Out> ? Out : Widen<E>;
export type ValueOf<E> = E extends Expression<never, infer Out> ? Out : Widen<E>;

type Branch = Operand<Scalar | null> | Expression<never, unknown>;
/** No `otherwise`, no value: a `When` alone is not an expression. */
export interface When<in Row, out Out> {
  when<const C extends Operand<boolean>, const T extends Branch>(
    condition: C,
    value: T,
  ): When<Row & Needs<C, Maybe<boolean>> & Needs<T, unknown>, Out | ValueOf<T>>;
  otherwise<const T extends Branch>(value: T): Expression<Row & Needs<T, unknown>, Out | ValueOf<T>>;
}
/** `when`, as a type: the first condition that holds gives the value. */
export type StartWhen = <const C extends Operand<boolean>, const T extends Branch>(
  condition: C,
  value: T,
) => When<Needs<C, Maybe<boolean>> & Needs<T, unknown>, ValueOf<T>>;
