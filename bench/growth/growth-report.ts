import { shown, spread, tenths, whole, type Spread } from '../spread.ts';

export interface GrowthResult {
  readonly dimension: string;
  readonly size: number;
  readonly contender: string;
  readonly round: number;
  readonly exact: boolean;
  /** null: an idle application. */
  readonly recordsPerSecond: number | null;
  readonly cpuSecondsPerMillion: number | null;
  readonly peakRssMb: number;
  /** CPU of an idle application; null: one that works. */
  readonly cores: number | null;
}

type Figure = 'recordsPerSecond' | 'cpuSecondsPerMillion' | 'peakRssMb' | 'cores';

export function growthFigures(
  results: readonly GrowthResult[],
  at: Pick<GrowthResult, 'dimension' | 'size' | 'contender'>,
  figure: Figure,
): Spread | null {
  const runs = results.filter(
    ({ exact, dimension, size, contender }) =>
      exact && dimension === at.dimension && size === at.size && contender === at.contender,
  );
  return spread(runs.map((run) => run[figure]));
}

const hundredths = (value: number): string => value.toFixed(2);
const percent = (value: number): string => `${tenths(value * 100)} %`;

/** One line per point and contender: median (min–max). */
export function growthTable(results: readonly GrowthResult[]): readonly (readonly string[])[] {
  const points = new Map(
    results.map((result) => [`${result.dimension} ${result.size} ${result.contender}`, result]),
  );
  const rows = [...points.values()].map((at) => [
    at.dimension,
    at.size.toLocaleString('en'),
    at.contender,
    ...(at.cores === null
      ? [
          shown(growthFigures(results, at, 'recordsPerSecond'), whole),
          shown(growthFigures(results, at, 'cpuSecondsPerMillion'), hundredths),
        ]
      : ['-', shown(growthFigures(results, at, 'cores'), percent)]),
    shown(growthFigures(results, at, 'peakRssMb'), whole),
  ]);
  return [['what grows', 'size', '', 'records/s', 'CPU-s/million, idle: of a core', 'peak MiB'], ...rows];
}
