/** Aggregates of the user's own, to stand beside the others in `agg(...)`. */
import { taggedJson } from '../../serde/tagged-json.serde.ts';
import { TopologyError } from '../../errors/streams.error.ts';
import { asBuffer } from '../../serde/bytes.ts';
import type { Serde, SerdeContext } from '../../serde/serde.ts';
import type { Aggregate, Reads, Source, SubtractableAggregate } from '../aggregate.ts';
import type { Maybe } from '../expression.ts';
import type { Row } from '../compiled-expression.ts';
import { declareKept } from './declare-kept.ts';
import { isNothing, type Keep } from './keep.ts';

/** V: what is aggregated; A: what is kept; R: what is given. None of the functions may change what it gets. */
export interface AggregateFunction<V, A, R> {
  /** Part of the state's identity: under another name, stored state is refused. */
  readonly name: string;
  readonly initializer: () => A;
  /** Gets no null and no NaN. A value for which it throws fails its record; for tables, whether it does must depend on the value alone. */
  readonly add: (aggregate: A, value: V) => A;
  /** Of two sessions that become one; `right` is the later one. */
  readonly merge: (left: A, right: A) => A;
  readonly result: (aggregate: A) => R;
  /** Of what is kept. One that fetches schemas is refused: what is kept lies inside the state of a store, which no registry knows.
   *  @defaultValue taggedJson() */
  readonly serde?: Serde<A>;
}
export interface SubtractableFunction<V, A, R> extends AggregateFunction<V, A, R> {
  /** Takes back what `add` added: what the groups of a table need. */
  readonly subtract: (aggregate: A, value: V) => A;
}

type SubtractableOver<V, R> = <const S extends Source<Maybe<V>>>(
  source: S,
) => SubtractableAggregate<Reads<S, Maybe<V>>, R>;
type AggregateOver<V, R> = <const S extends Source<Maybe<V>>>(source: S) => Aggregate<Reads<S, Maybe<V>>, R>;

/** An aggregate by its functions: `const longest = defineAggregate({...})`, then `agg(longest('name').alias('longest_name'))`.
 *  @throws TopologyError for a serde that must be prepared */
export function defineAggregate<V, A, R>(functions: SubtractableFunction<V, A, R>): SubtractableOver<V, R>;
export function defineAggregate<V, A, R>(functions: AggregateFunction<V, A, R>): AggregateOver<V, R>;
export function defineAggregate<V, A, R>(
  functions: AggregateFunction<V, A, R> & Partial<SubtractableFunction<V, A, R>>,
): AggregateOver<V, R> {
  const { name, initializer, add, subtract, merge, result } = functions;
  const serde = functions.serde ?? (taggedJson() as Serde<A>);
  if (serde.prepare !== undefined) {
    throw new TopologyError(
      `Cannot declare aggregate ${name}: its serde fetches schemas, and what it keeps lies inside the state of a store, which has no subject. Give it a serde that needs nothing from elsewhere, such as taggedJson().`,
    );
  }
  const context: SerdeContext = { topic: name, part: 'value', headers: () => [] };
  const over = (source: unknown) =>
    declareKept(name, source, '', ({ evaluate }) => {
      const take = (row: Row): V | undefined => {
        const value = evaluate(row);
        return isNothing(value) ? undefined : (value as V);
      };
      const keep: Keep<A, V> = {
        create: initializer,
        take,
        takeBack(row) {
          const value = take(row);
          if (value !== undefined) add(initializer(), value); // throws for what was never added
          return value;
        },
        add,
        pure: true,
        ...(subtract !== undefined && { subtract }),
        merge,
        result,
        pack: (kept) => serde.serialize(kept, context),
        unpack: (bytes) => serde.deserialize(asBuffer(bytes), context),
      };
      return keep;
    });
  return over as unknown as AggregateOver<V, R>;
}
