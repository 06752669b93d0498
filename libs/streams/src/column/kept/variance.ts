/** Variance in one pass that loses no digits (Welford 1962), and of two parts as of the whole (Chan, Golub, LeVeque 1979).
 *  Bytes: count, mean, sum of squared differences: float64 BE each */
import type { Maybe } from '../expression.ts';
import type { Reads, Source, SubtractableAggregate } from '../aggregate.ts';
import { declareKept } from './declare-kept.ts';
import { takeNumber, type Keep } from './keep.ts';

export interface VarianceOptions {
  /** sample: of values drawn from more (divided by n - 1); population: of these values alone (by n). @defaultValue 'sample' */
  readonly of?: 'sample' | 'population';
}

/** The variance of what is not null, null over none; of a sample of one it is null too. NaN counts as null. */
export function variance<const S extends Source<Maybe<number>>>(
  source: S,
  options: VarianceOptions = {},
): SubtractableAggregate<Reads<S, Maybe<number>>, number | null> {
  return declareMoments('variance', source, options, (variance) => variance);
}
/** The square root of the variance. */
export function stddev<const S extends Source<Maybe<number>>>(
  source: S,
  options: VarianceOptions = {},
): SubtractableAggregate<Reads<S, Maybe<number>>, number | null> {
  return declareMoments('stddev', source, options, Math.sqrt);
}

interface Moments {
  count: number;
  mean: number;
  squares: number;
}

function declareMoments<Row>(
  kind: string,
  source: unknown,
  { of = 'sample' }: VarianceOptions,
  result: (variance: number) => number,
): SubtractableAggregate<Row, number | null> {
  const lost = of === 'sample' ? 1 : 0;
  return declareKept(kind, source, of, (expression, what): Keep<Moments, number> => ({
    create: () => ({ count: 0, mean: 0, squares: 0 }),
    take: takeNumber(what, expression),
    add: (to, value) => shift(to, value, 1),
    subtract: (from, value) => shift(from, value, -1),
    merge: joined,
    result: ({ count, squares }) => (count - lost <= 0 ? null : result(squares / (count - lost))),
    pack({ count, mean, squares }) {
      const bytes = Buffer.allocUnsafe(24);
      bytes.writeDoubleBE(count, 0);
      bytes.writeDoubleBE(mean, 8);
      bytes.writeDoubleBE(squares, 16);
      return bytes;
    },
    unpack: (bytes) => ({
      count: bytes.readDoubleBE(0),
      mean: bytes.readDoubleBE(8),
      squares: bytes.readDoubleBE(16),
    }),
  })) as unknown as SubtractableAggregate<Row, number | null>;
}

/** One value more, or one less. */
function shift(moments: Moments, value: number, by: 1 | -1): Moments {
  const count = moments.count + by;
  if (count <= 0) return { count: 0, mean: 0, squares: 0 };
  const distance = value - moments.mean;
  moments.count = count;
  moments.mean += (by * distance) / count;
  moments.squares = Math.max(0, moments.squares + by * distance * (value - moments.mean));
  return moments;
}

function joined(to: Moments, from: Moments): Moments {
  const count = to.count + from.count;
  if (count === 0) return to;
  const distance = from.mean - to.mean;
  return {
    count,
    mean: to.mean + (distance * from.count) / count,
    squares: to.squares + from.squares + (distance * distance * to.count * from.count) / count,
  };
}
