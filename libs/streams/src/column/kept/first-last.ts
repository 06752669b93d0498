import { parseTagged, stringifyTagged } from '../../serde/tagged-json.ts';
import type { Aggregate, Reads, Source, ValueOver } from '../aggregate.ts';
import type { Maybe, Ordered } from '../expression.ts';
import { compileSource, declareKept } from './declare-kept.ts';
import { isNothing, type Keep } from './keep.ts';

export interface OrderOptions<B> {
  /** What says which comes first, such as the column of the event time. Left out: the order in which records come, and of two sessions
   *  that become one that of the sessions. A row where it is null is left out. */
  readonly by?: B;
}
type OrderReads<B> = [B] extends [never] ? unknown : Reads<B, Maybe<Ordered>>;

/** The first value that is not null: `first('price', { by: 'at_ms' })`. Of equals in `by` the one that came first. An
 *  object is kept and given as it is, not copied: do not change it. */
export function first<const S extends Source<unknown>, const B extends Source<Maybe<Ordered>> = never>(
  source: S,
  options: OrderOptions<B> = {},
): Aggregate<Reads<S, unknown> & OrderReads<B>, ValueOver<S>> {
  const declared = declareEnd('first', source, options.by, (by, than) => by < than, false);
  return declared as Aggregate<Reads<S, unknown> & OrderReads<B>, ValueOver<S>>;
}
/** The last value that is not null. Of equals in `by` the one that came last. An object is kept and given as it is, not copied: do not
 *  change it. */
export function last<const S extends Source<unknown>, const B extends Source<Maybe<Ordered>> = never>(
  source: S,
  options: OrderOptions<B> = {},
): Aggregate<Reads<S, unknown> & OrderReads<B>, ValueOver<S>> {
  const declared = declareEnd('last', source, options.by, (by, than) => by >= than, true);
  return declared as Aggregate<Reads<S, unknown> & OrderReads<B>, ValueOver<S>>;
}

interface End {
  readonly value: unknown;
  /** 0 for all, where records are in the order in which they come. */
  readonly by: Ordered;
}

/** @param beats whether what came later goes before what is kept, by its order */
function declareEnd(
  kind: string,
  source: unknown,
  by: unknown,
  beats: (by: Ordered, than: Ordered) => boolean,
  laterWins: boolean,
): Aggregate<never, unknown> {
  const order = by === undefined ? null : compileSource(by);
  const options = order === null ? '' : `by ${order.text}`;
  return declareKept(kind, source, options, ({ evaluate }) => {
    const better = (kept: End | null, next: End): End => {
      if (kept === null) return next;
      return (order === null ? laterWins : beats(next.by, kept.by)) ? next : kept;
    };
    const keep: Keep<End | null, End> = {
      create: () => null,
      take(row) {
        const value = evaluate(row);
        const place = order === null ? 0 : (order.evaluate(row) as Maybe<Ordered>);
        return isNothing(value) || isNothing(place) ? undefined : { value, by: place };
      },
      add: better,
      merge: (to, from) => (from === null ? to : better(to, from)),
      result: (kept) => kept?.value ?? null,
      pack: (kept) => Buffer.from(kept === null ? '' : stringifyTagged([kept.value, kept.by])),
      unpack(bytes) {
        if (bytes.length === 0) return null;
        const [value, place] = parseTagged(bytes.toString()) as [unknown, Ordered];
        return { value, by: place };
      },
    };
    return keep;
  });
}
