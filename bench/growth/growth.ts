/** `npm run bench:growth`: what a record costs as partitions, keys, values and topologies grow, and what an application costs that has
 *  nothing to do. DIMENSIONS (idle,partitions,keys,valueBytes,topologies), PEER (no; yes: Kafka Streams as well, where it has the
 *  same), ROUNDS (1), IDLE_PARTITIONS (64), IDLE_SECONDS (20), PROFILE (a folder for CPU profiles of ours), RESULTS: a file of former
 *  rounds to go on with; BROKERS, REDIS_URL, STORES (memory), GUARANTEE as `bench:peer` has them. Every run is verified. */
import { Cluster } from '../../test/support/cluster.ts';
import { number, readChoice } from '../peer-settings.ts';
import { load, save } from '../report.ts';
import { aligned } from '../spread.ts';
import { growthTable, type GrowthResult } from './growth-report.ts';
import { GrowthRuns } from './growth-runs.ts';
import { POINTS } from './points.ts';

const env = process.env;
const dimensions = (env['DIMENSIONS'] ?? 'idle,partitions,keys,valueBytes,topologies').split(',');
const rounds = number('ROUNDS', 1);
const idle = { partitions: number('IDLE_PARTITIONS', 64), seconds: number('IDLE_SECONDS', 20) };
const choice = { ...readChoice(), stores: [env['STORES'] === 'redis' ? 'redis' : 'memory'] as const };
const { brokers, redisUrl: _, ...chosen } = choice;
const settings = { ...chosen, idle };
const file = env['RESULTS'] ?? 'bench/results/growth.local.json';
const contenders = env['PEER'] === 'yes' ? (['ours', 'peer'] as const) : (['ours'] as const);

function say(result: GrowthResult): void {
  const { dimension, size, contender, cpuSecondsPerMillion, cores, exact } = result;
  const cost =
    cores === null
      ? `${cpuSecondsPerMillion!.toFixed(2)} CPU-s/million`
      : `${(cores * 100).toFixed(1)} % of a core`;
  process.stdout.write(`${dimension} ${size}  ${contender}: ${cost}, ${exact ? 'exact' : 'NOT EXACT'}\n`);
}

function keep(result: GrowthResult): void {
  results.push(result);
  save(file, settings, results);
  say(result);
}

// Ends what it has started, too.
process.once('SIGTERM', () => process.exit(143));
const former = env['RESULTS'] === undefined ? null : load<typeof settings, GrowthResult>(file);
const results: GrowthResult[] = [...(former?.results ?? [])];
const firstRound = Math.max(0, ...results.map(({ round }) => round)) + 1;
const cluster = await Cluster.connect(brokers);
const runs = new GrowthRuns(cluster, choice, env['PROFILE'] ?? null);
try {
  for (let round = firstRound; round < firstRound + rounds; round++) {
    if (dimensions.includes('idle')) {
      for await (const result of runs.idle(idle, contenders)) keep({ ...result, round });
    }
    for (const point of POINTS.filter(({ dimension }) => dimensions.includes(dimension))) {
      for await (const result of runs.work(point, contenders)) keep({ ...result, round });
    }
  }
} finally {
  await runs.close();
  await cluster.close();
}
process.stdout.write(`\n${aligned(growthTable(results))}\n\nsaved in ${file}\n`);
process.exitCode = results.every(({ exact }) => exact) ? 0 : 1;
