/** What the project wants to reach beside Kafka Streams, and what the kept runs say to it. */
import { growthFigures, type GrowthResult } from '../growth/growth-report.ts';
import { latencyFigures, type LatencyResult } from '../latency-report.ts';
import { BARE_LOOP, contendersOf, ratio, type Figure, type Result } from '../report.ts';
import { hundredths, shown, type Spread } from '../spread.ts';

export interface AimRuns {
  peer(kind: string): readonly Result[];
  readonly latency: readonly LatencyResult[];
  readonly growth: readonly GrowthResult[];
}

interface Aim {
  readonly what: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  measured(runs: AimRuns): Spread | null;
}

const APP = 'HiveFrame, memory';
const ONCE = 'exactly_once';

/** A contender's figure in that of Kafka Streams, or of another contender. */
function beside(kind: string, figure: Figure, contender: string, other?: string) {
  return (runs: AimRuns): Spread | null => {
    const results = runs.peer(`${kind}-${ONCE}`);
    const against = other ?? contendersOf(results).at(-1);
    return against === undefined ? null : ratio(results, figure, contender, against);
  };
}

/** p99 in Kafka Streams' p99, of the medians. */
function tail(commitIntervalMs: number) {
  return ({ latency }: AimRuns): Spread | null => {
    const peer = latency.map(({ contender }) => contender).find((name) => name.startsWith('Kafka Streams'));
    const of = (name: string) => latencyFigures(latency, name, commitIntervalMs, 'p99Ms')?.median;
    const [mine, theirs] = [of(APP), of(peer ?? '')];
    if (mine === undefined || theirs === undefined) return null;
    return { min: mine / theirs, median: mine / theirs, max: mine / theirs };
  };
}

function idlePercent({ growth }: AimRuns): Spread | null {
  const at = { dimension: 'idle', size: 64, contender: APP };
  const cores = growthFigures(growth, at, 'cores');
  return cores && { min: cores.min * 100, median: cores.median * 100, max: cores.max * 100 };
}

const AIMS: readonly Aim[] = [
  { what: 'Reference work, records/s', atLeast: 5, measured: beside('updates', 'recordsPerSecond', APP) },
  { what: '… second half, warm', atLeast: 4, measured: beside('updates', 'secondHalfPerSecond', APP) },
  { what: '… CPU', atMost: 0.125, measured: beside('updates', 'cpuSecondsPerMillion', APP) },
  {
    what: '… CPU beside the bare loop, plain JSON',
    atMost: 1.5,
    measured: beside('updates', 'cpuSecondsPerMillion', 'HiveFrame, plain JSON', BARE_LOOP),
  },
  {
    what: '… CPU beside the bare loop, declared schema',
    atMost: 1.1,
    measured: beside('updates', 'cpuSecondsPerMillion', APP, BARE_LOOP),
  },
  {
    what: '… state in Redis, records/s',
    atLeast: 4,
    measured: beside('updates', 'recordsPerSecond', 'HiveFrame, Redis'),
  },
  { what: '… peak memory', atMost: 1, measured: beside('updates', 'peakRssMb', APP) },
  {
    what: '100,000 sensors, records/s',
    atLeast: 4,
    measured: beside('many-sensors', 'recordsPerSecond', APP),
  },
  { what: 'Final results, records/s', atLeast: 8, measured: beside('final', 'recordsPerSecond', APP) },
  {
    what: 'Filter and map, records/s',
    atLeast: 3,
    measured: beside('stateless', 'recordsPerSecond', 'HiveFrame'),
  },
  { what: 'Repartitioned, records/s', atLeast: 3, measured: beside('repartition', 'recordsPerSecond', APP) },
  { what: 'p99 at 10,000 records/s, commits every 100 ms', atMost: 1, measured: tail(100) },
  { what: 'p99 at 10,000 records/s, commits every 20 ms', atMost: 1, measured: tail(20) },
  { what: 'Idle with 64 tasks, % of a core', atMost: 3, measured: idlePercent },
];

function verdict({ atLeast, atMost }: Aim, measured: Spread | null): string {
  if (measured === null) return 'not measured';
  const reached = measured.median >= (atLeast ?? -Infinity) && measured.median <= (atMost ?? Infinity);
  return reached ? 'reached' : '**missed**';
}

/** Ratios to Kafka Streams unless something else is said: median (min–max). */
export function aimTable(runs: AimRuns): readonly (readonly string[])[] {
  const rows = AIMS.map((aim) => {
    const measured = aim.measured(runs);
    const wanted = aim.atLeast === undefined ? `at most ${aim.atMost}` : `at least ${aim.atLeast}`;
    return [aim.what, wanted, shown(measured, hundredths), verdict(aim, measured)];
  });
  return [['', 'aim', 'measured', ''], ...rows];
}
