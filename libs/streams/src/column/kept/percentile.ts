import { TopologyError } from '../../errors/streams.error.ts';
import type { NumberOver, Reads, Source, SubtractableAggregate } from '../aggregate.ts';
import type { Maybe } from '../expression.ts';
import { DDSketch } from '../sketch/dd-sketch.ts';
import { declareKept } from './declare-kept.ts';
import { cannotAdd, takeNumber, type Keep } from './keep.ts';

export interface PercentileOptions {
  /** Of the value given, from 0.000001, and below 1. @defaultValue 0.01 */
  readonly relativeError?: number;
}

/** With it every finite number still has a range whose index the sketch can store. */
const MIN_RELATIVE_ERROR = 0.000_001;

/** The value below which the share `p` of the values lies, within 1 %: `percentile('latency_ms', 0.99)`. Over nothing but nulls it is
 *  null; NaN counts as null. Kept as a DDSketch: 12 bytes for each range of values that occurs, some hundred for latencies, and
 *  at most 2,048 for values above 0, and as many below. Beyond that the ranges nearest to 0 become one, and percentiles that fall into it
 *  are only as near as it is narrow. Within an error of 1 % 2,048 ranges reach from any value to its 10^17-fold; of 0.1 %, to its 60-fold.
 *  @param p from 0 (the least) to 1 (the greatest)
 *  @throws TopologyError for a share or an error out of its range */
export function percentile<const S extends Source<Maybe<number>>>(
  source: S,
  p: number,
  { relativeError = 0.01 }: PercentileOptions = {},
): SubtractableAggregate<Reads<S, Maybe<number>>, NumberOver<S>> {
  requireRange('p', p, p >= 0 && p <= 1, 'from 0 to 1');
  const isError = relativeError >= MIN_RELATIVE_ERROR && relativeError < 1;
  requireRange('relativeError', relativeError, isError, `from ${MIN_RELATIVE_ERROR}, and below 1`);
  const declared = declareKept('percentile', source, `${p}, ${relativeError}`, (expression, what) => {
    const number = takeNumber(what, expression);
    const keep: Keep<DDSketch, number> = {
      create: () => new DDSketch(relativeError),
      take(row) {
        const value = number(row);
        if (value === undefined || Number.isFinite(value)) return value;
        throw cannotAdd(what, expression, value, 'a finite number');
      },
      add(to, value) {
        to.add(value);
        return to;
      },
      subtract(from, value) {
        from.add(value, -1);
        return from;
      },
      merge(to, from) {
        to.merge(from);
        return to;
      },
      result: (sketch) => sketch.quantile(p),
      pack: (sketch) => sketch.pack(),
      unpack: (bytes) => DDSketch.unpack(bytes, relativeError),
    };
    return keep;
  });
  return declared as SubtractableAggregate<Reads<S, Maybe<number>>, NumberOver<S>>;
}

function requireRange(option: string, value: number, isValid: boolean, range: string): void {
  if (isValid) return;
  throw new TopologyError(`Cannot declare percentile: ${option} is ${String(value)}; it must be ${range}.`);
}
