/** `npm run bench:latency`: how long a reading takes through this project's application and through Kafka Streams, turn by turn, at
 *  a fixed rate. INTERVALS_MS of commits (100,20), RATE (10000), LATENCY_SECONDS (15), WARMUP_SECONDS (15), ROUNDS (3); SCENARIO, GUARANTEE,
 *  STORES, ONLY, THREADS, PEER_STORE, BROKERS, REDIS_URL as `bench:peer` has them. Every run is verified. */
import { latencyTable, type LatencyResult } from './latency-report.ts';
import { number, only, readChoice, readScenario } from './peer-settings.ts';
import { load as loadResults, save } from './report.ts';
import { Runs } from './runs.ts';
import { aligned } from './spread.ts';

const scenario = readScenario();
const choice = readChoice();
const load = {
  rate: number('RATE', 10_000),
  seconds: number('LATENCY_SECONDS', 15),
  warmupSeconds: number('WARMUP_SECONDS', 15),
};
const intervalsMs = (process.env['INTERVALS_MS'] ?? '100,20').split(',').map(Number);
const rounds = number('ROUNDS', 3);
const { brokers, redisUrl, commitIntervalMs: _, ...chosen } = choice;
const settings = { scenario: scenario.name, title: scenario.title, ...chosen, ...load };
const file = process.env['RESULTS'] ?? `bench/results/latency-${scenario.name}.local.json`;

const former =
  process.env['RESULTS'] === undefined ? null : loadResults<typeof settings, LatencyResult>(file);
const results: LatencyResult[] = [...(former?.results ?? [])];
const firstRound = Math.max(0, ...results.map(({ round }) => round)) + 1;
const runs = await Runs.open(brokers, redisUrl, scenario);
try {
  for (let round = firstRound; round < firstRound + rounds; round++) {
    for (const commitIntervalMs of intervalsMs) {
      const field = only(scenario.contenders({ ...choice, commitIntervalMs }));
      for (const contender of field.filter(({ worksOnKafka }) => worksOnKafka)) {
        const { exact, latency } = await runs.latency(contender, load);
        results.push({ contender: contender.name, round, commitIntervalMs, exact, latency });
        save(file, settings, results);
        process.stdout.write(
          `round ${round}  ${contender.name}, commits every ${commitIntervalMs} ms: p50 ${latency.p50Ms} ms, ` +
            `p99 ${latency.p99Ms} ms, max ${latency.maxMs} ms, ${exact ? 'exact' : 'NOT EXACT'}\n`,
        );
      }
    }
  }
} finally {
  await runs.close();
}
process.stdout.write(`\n${aligned(latencyTable(results))}\n\nsaved in ${file}\n`);
process.exitCode = results.every(({ exact }) => exact) ? 0 : 1;
