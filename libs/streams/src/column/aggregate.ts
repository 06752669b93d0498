/** Aggregates over columns, as types and as the user writes them: `avg('temperature').alias('avg_temp')`. */
import { TopologyError } from '../errors/streams.error.ts';
import { CompiledColumn, compile, type CompiledExpression } from './compiled-expression.ts';
import type { Column, Expression, Has, Maybe, Needs, Ordered, Over, TypeOf, ValueOf } from './expression.ts';

declare const rows: unique symbol;
declare const result: unique symbol;
declare const subtracts: unique symbol;

interface Aggregation<in Row, out Out> {
  readonly [rows]: (row: Row) => void;
  readonly [result]: Out;
}
/** An aggregate gets its column name from `alias`; `agg` takes aliased ones only. */
export interface Aggregate<in Row, out Out> extends Aggregation<Row, Out> {
  /** A literal: a name the compiler does not know would make every column of the row uncertain. */
  alias<const A extends string>(
    name: string extends A ? 'an alias must be a literal' : A,
  ): AliasedAggregate<Row, A, Out>;
}
export interface AliasedAggregate<in Row, out A extends string, out Out> extends Aggregation<Row, Out> {
  readonly aliasedAs: A;
}

/** What it has added can be taken out again, so a table's groups can have it (`KGroupedTable.agg`). */
export interface SubtractableAggregate<in Row, out Out> extends Aggregate<Row, Out> {
  alias<const A extends string>(
    name: string extends A ? 'an alias must be a literal' : A,
  ): SubtractableColumn<Row, A, Out>;
}
export interface SubtractableColumn<in Row, out A extends string, out Out> extends AliasedAggregate<
  Row,
  A,
  Out
> {
  readonly [subtracts]: true;
}

/** A column name, or an expression. */
export type Source<T> = string | Column<string> | Expression<never, T | TypeOf<string>>;
export type Reads<S, T> = S extends string ? Has<S, T> : Needs<S, T>;
export type NumberOver<S> = S extends string
  ? Over<S, number>
  : S extends Column<infer C>
    ? Over<C, number>
    : number;
export type ValueOver<S> = S extends string ? TypeOf<S> : ValueOf<S>;

/** A list of the values of column C that are not null. */
export interface ListOf<out C extends string> {
  readonly listOfColumn: C;
}
export type ListOver<S> = S extends string
  ? ListOf<S>
  : S extends Column<infer C>
    ? ListOf<C>
    : readonly NonNullable<ValueOf<S>>[];

/** The mean of what is not null; over nothing but nulls it is null. Kept as sum and count. NaN counts as null. */
export function avg<const S extends Source<Maybe<number>>>(
  source: S,
): SubtractableAggregate<Reads<S, Maybe<number>>, NumberOver<S>> {
  return declare('avg', source) as SubtractableAggregate<Reads<S, Maybe<number>>, NumberOver<S>>;
}
/** The sum of what is not null; over nothing but nulls it is null. NaN counts as null. */
export function sum<const S extends Source<Maybe<number>>>(
  source: S,
): SubtractableAggregate<Reads<S, Maybe<number>>, NumberOver<S>> {
  return declare('sum', source) as SubtractableAggregate<Reads<S, Maybe<number>>, NumberOver<S>>;
}
/** The least of what is not null; over nothing but nulls it is null. NaN counts as null. */
export function min<const S extends Source<Maybe<Ordered>>>(
  source: S,
): Aggregate<Reads<S, Maybe<Ordered>>, ValueOver<S>> {
  return declare('min', source) as Aggregate<Reads<S, Maybe<Ordered>>, ValueOver<S>>;
}
/** The greatest of what is not null; over nothing but nulls it is null. NaN counts as null. */
export function max<const S extends Source<Maybe<Ordered>>>(
  source: S,
): Aggregate<Reads<S, Maybe<Ordered>>, ValueOver<S>> {
  return declare('max', source) as Aggregate<Reads<S, Maybe<Ordered>>, ValueOver<S>>;
}
/** '*' counts rows, a column counts its values that are not null. */
export function count<const C extends string>(
  column: C,
): SubtractableAggregate<C extends '*' ? unknown : Has<C, unknown>, number> {
  return declare(column === '*' ? 'rows' : 'count', column) as unknown as SubtractableAggregate<
    C extends '*' ? unknown : Has<C, unknown>,
    number
  >;
}

/** rows: count('*'); count: of one column. */
export type AggregateKind = 'avg' | 'sum' | 'min' | 'max' | 'count' | 'rows';
/** What an aliased aggregate of numbers is behind its type; those that keep more: `DeclaredKept`. */
export interface DeclaredAggregate {
  readonly kind: AggregateKind;
  readonly source: CompiledExpression;
  readonly aliasedAs: string;
}

function declare(kind: AggregateKind, source: unknown): Aggregate<never, unknown> {
  const expression = typeof source === 'string' ? new CompiledColumn(source) : compile(source);
  const alias = (name: string): DeclaredAggregate => {
    if (name === '') throw new TopologyError(`Cannot name ${kind}(${expression.text}): the alias is empty.`);
    return { kind, source: expression, aliasedAs: name };
  };
  return { alias } as unknown as Aggregate<never, unknown>;
}

type NullForUndefined<T> = undefined extends T ? Exclude<T, undefined> | null : T;
/** The symbolic result, looked up in the row. */
export type Resolve<Row, Out> =
  Out extends TypeOf<infer C>
    ? C extends keyof Row
      ? NullForUndefined<Row[C]>
      : never
    : Out extends ListOf<infer C>
      ? C extends keyof Row
        ? readonly NonNullable<Row[C]>[]
        : never
      : Out extends Over<infer C, infer T>
        ? C extends keyof Row
          ? Row[C] extends {}
            ? T
            : T | null
          : never
        : Out;

/** {avg_temp: number, ...} from [AliasedAggregate<.., 'avg_temp', ..>, ...]. */
export type AggregatedColumns<Row, A extends readonly AliasedAggregate<never, string, unknown>[]> = {
  [E in A[number] as E['aliasedAs']]: E extends AliasedAggregate<never, string, infer Out>
    ? Resolve<Row, Out>
    : never;
};
/** Widens to an error text where an alias is taken twice. */
export type DistinctAliases<
  A extends readonly AliasedAggregate<never, string, unknown>[],
  Taken extends PropertyKey,
> = A extends readonly [
  infer E extends AliasedAggregate<never, string, unknown>,
  ...infer Rest extends readonly AliasedAggregate<never, string, unknown>[],
]
  ? E['aliasedAs'] extends Taken
    ? `alias '${E['aliasedAs']}' is already a column of the result`
    : DistinctAliases<Rest, Taken | E['aliasedAs']>
  : unknown;
