/** `npm run bench:publish`: writes the tables and charts of docs/benchmarks.md from the runs kept in bench/results. What stands between
 *  `<!-- figures: NAME -->` and `<!-- end -->` is replaced; everything else on the page is written by hand. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { growthFigures, growthTable, type GrowthResult } from '../growth/growth-report.ts';
import { DIMENSIONS } from '../growth/points.ts';
import { latencyFigures, latencyTable, type LatencyResult } from '../latency-report.ts';
import { contendersOf, figures, figureTable, ratioTable, type Figure, type Result } from '../report.ts';
import { SCENARIOS } from '../scenarios/index.ts';
import { markdown, tenths, whole, type Spread } from '../spread.ts';
import { aimTable } from './aims.ts';
import { kept, type Kept } from './kept.ts';
import { barChart, lineChart, type Bar, type BarGroup, type Panel } from './svg.ts';

interface PeerSettings {
  readonly scenario: string;
  readonly title: string;
  readonly guarantee: string;
  readonly records: number;
  readonly sensors: number;
}
type PeerRun = Kept<PeerSettings, Result>;

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));
const PAGE = `${DOCS}benchmarks.md`;

const order = [...SCENARIOS.keys()];
const peerRuns = kept<PeerSettings, Result>('peer-').toSorted(
  (a, b) => order.indexOf(a.settings.scenario) - order.indexOf(b.settings.scenario),
);
const latencyRuns = kept<{ readonly rate: number }, LatencyResult>('latency');
const growthRuns = kept<unknown, GrowthResult>('growth');

function chart(name: string, svg: string): string {
  mkdirSync(`${DOCS}benchmarks`, { recursive: true });
  writeFileSync(`${DOCS}benchmarks/${name}.svg`, svg);
  return `![${name}](benchmarks/${name}.svg)`;
}

function bar(label: string, spread: Spread | null): readonly Bar[] {
  return spread === null ? [] : [{ label, value: spread.median, min: spread.min, max: spread.max }];
}

function groupsOf(runs: readonly PeerRun[], figure: Figure): readonly BarGroup[] {
  return runs.map(({ settings, results }) => ({
    title: settings.title,
    bars: contendersOf(results).flatMap((name) => bar(name, figures(results, name, figure))),
  }));
}

function tables(runs: readonly PeerRun[]): string {
  return runs
    .map(({ settings, results, file }) => {
      const { title, records, sensors } = settings;
      const input = `${whole(records)} readings of ${whole(sensors)} sensors; [the run](../bench/results/${file})`;
      return [`### ${title}`, input, markdown(ratioTable(results)), markdown(figureTable(results))].join(
        '\n\n',
      );
    })
    .join('\n\n');
}

function throughput(guarantee: string, name: string): string {
  const runs = peerRuns.filter(({ settings }) => settings.guarantee === guarantee);
  if (runs.length === 0) return '';
  const speed = barChart('Records per second, median and range', groupsOf(runs, 'recordsPerSecond'), whole);
  const cpu = barChart(
    'CPU seconds of the application per million records, less is better',
    groupsOf(runs, 'cpuSecondsPerMillion'),
    tenths,
  );
  return [chart(`${name}-records`, speed), chart(`${name}-cpu`, cpu), tables(runs)].join('\n\n');
}

function latency(): string {
  return latencyRuns
    .map(({ results, file }) => {
      const names = [...new Set(results.map(({ contender }) => contender))];
      const intervals = [...new Set(results.map(({ commitIntervalMs }) => commitIntervalMs))];
      const groups = intervals.flatMap((intervalMs) =>
        (['p50Ms', 'p99Ms'] as const).map((figure) => ({
          title: `${figure === 'p50Ms' ? 'p50' : 'p99'}, commits every ${intervalMs} ms`,
          bars: names.flatMap((name) => bar(name, latencyFigures(results, name, intervalMs, figure))),
        })),
      );
      const drawn = barChart('Milliseconds from due to read, less is better', groups, whole);
      return [
        chart('latency', drawn),
        markdown(latencyTable(results)),
        `[The run](../bench/results/${file})`,
      ].join('\n\n');
    })
    .join('\n\n');
}

function growthPanel(results: readonly GrowthResult[], dimension: keyof typeof DIMENSIONS): Panel {
  const own = results.filter((result) => result.dimension === dimension);
  const names = [...new Set(own.map(({ contender }) => contender))];
  const lines = names.map((contender) => {
    const sizes = [
      ...new Set(own.filter((result) => result.contender === contender).map(({ size }) => size)),
    ];
    const points = sizes.flatMap((size) => {
      const spread = growthFigures(results, { dimension, size, contender }, 'cpuSecondsPerMillion');
      return spread === null ? [] : [{ x: size, y: spread.median }];
    });
    return { label: contender, points };
  });
  return { title: DIMENSIONS[dimension], lines };
}

function growth(): string {
  return growthRuns
    .map(({ results, file }) => {
      const dimensions = Object.keys(DIMENSIONS) as (keyof typeof DIMENSIONS)[];
      const panels = dimensions
        .filter((dimension) => results.some((result) => result.dimension === dimension))
        .map((dimension) => growthPanel(results, dimension));
      const drawn = lineChart('CPU of a record as something grows', panels, 'CPU µs per record');
      return [
        chart('growth', drawn),
        markdown(growthTable(results)),
        `[The run](../bench/results/${file})`,
      ].join('\n\n');
    })
    .join('\n\n');
}

function aims(): string {
  return markdown(
    aimTable({
      peer: (kind) => peerRuns.find((run) => run.kind === `peer-${kind}`)?.results ?? [],
      latency: latencyRuns.at(-1)?.results ?? [],
      growth: growthRuns.at(-1)?.results ?? [],
    }),
  );
}

const SECTIONS: Readonly<Record<string, () => string>> = {
  aims,
  'exactly once': () => throughput('exactly_once', 'exactly-once'),
  'at least once': () => throughput('at_least_once', 'at-least-once'),
  latency,
  growth,
};

let page = readFileSync(PAGE, 'utf8');
for (const [name, write] of Object.entries(SECTIONS)) {
  const begin = `<!-- figures: ${name} -->`;
  const [before, rest] = page.split(begin);
  if (rest === undefined) throw new Error(`${PAGE} has no place for '${name}': ${begin}`);
  page = `${before}${begin}\n\n${write() || 'No run is kept.'}\n\n${rest.slice(rest.indexOf('<!-- end -->'))}`;
}
writeFileSync(PAGE, await format(page, { parser: 'markdown', singleQuote: true, printWidth: 110 }));
