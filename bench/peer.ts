/** `npm run bench:peer`: this project's application and Kafka Streams, turn by turn, on the same Kafka and the same input.
 *  SCENARIO (updates; final, many-sensors, repartition, stateless, count), GUARANTEE (exactly_once, at_least_once), STORES (both,
 *  redis, memory), ROUNDS (3), RECORDS, SENSORS (the scenario's), COMMIT_INTERVAL_MS (100), LATENCY_SECONDS (5; 0: leave it out) at
 *  RATE (10000), STREAM_THREADS (1; `1,2`: with one and with two) of the reference application, THREADS (1) and PEER_STORE
 *  (rocksdb, memory) of Kafka Streams, BROKERS (127.0.0.1:9092), REDIS_URL (none: state in memory only); ONLY: contenders whose name
 *  holds one of these words, separated by commas; RESULTS: a file of former rounds to go on with. Every run is verified; one that is
 *  not exact does not count. */
import { latencyTable, type LatencyResult } from './latency-report.ts';
import { number, only, readChoice, readScenario } from './peer-settings.ts';
import { figureTable, load, ratioTable, save, type Result, type Saved } from './report.ts';
import { Runs } from './runs.ts';
import type { Contender } from './scenarios/scenario.ts';
import { aligned } from './spread.ts';

const scenario = readScenario();
const choice = readChoice();
const rounds = number('ROUNDS', 3);
const records = number('RECORDS', scenario.records);
const sensors = number('SENSORS', scenario.sensors);
const latencyLoad = {
  rate: number('RATE', 10_000),
  seconds: number('LATENCY_SECONDS', 5),
  warmupSeconds: 5,
};
const { brokers, redisUrl, ...chosen } = choice;
const settings = { scenario: scenario.name, title: scenario.title, ...chosen, records, sensors };
const file = process.env['RESULTS'] ?? `bench/results/${scenario.name}-${choice.guarantee}.local.json`;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Rounds of an earlier run in the same file, if it was the same work. */
function former(): Saved<typeof settings, Result> | null {
  const former = process.env['RESULTS'] === undefined ? null : load<typeof settings, Result>(file);
  if (former === null || JSON.stringify(former.settings) === JSON.stringify(settings)) return former;
  throw new Error(`${file} holds runs with other settings: name another file.`);
}

async function measureOne(contender: Contender, round: number, input: string): Promise<void> {
  const result = { round, contender: contender.name, ...(await runs.throughput(contender, input)) };
  results.push(result);
  const { recordsPerSecond, cpuSecondsPerMillion } = result.measurement;
  say(
    `round ${round}  ${contender.name}: ${Math.round(recordsPerSecond)} records/s, ` +
      `${cpuSecondsPerMillion.toFixed(1)} CPU-s/million, ${result.exact ? 'exact' : 'NOT EXACT'}`,
  );
  if (!contender.worksOnKafka || latencyLoad.seconds === 0) return;
  const { commitIntervalMs } = choice;
  const { exact, latency } = await runs.latency(contender, latencyLoad);
  latencies.push({ contender: contender.name, round, commitIntervalMs, exact, latency });
}

// Ends what it has started, too.
process.once('SIGTERM', () => process.exit(143));
const before = former();
const results: Result[] = [...(before?.results ?? [])];
const latencies: LatencyResult[] = [...(before?.latencies ?? [])];
const firstRound = Math.max(0, ...results.map(({ round }) => round)) + 1;
if (redisUrl === null) say('REDIS_URL is not set: the application is measured with its state in memory only');
const runs = await Runs.open(brokers, redisUrl, scenario);
try {
  const input = await runs.generate(records, sensors);
  for (let round = firstRound; round < firstRound + rounds; round++) {
    for (const contender of only(scenario.contenders(choice))) {
      await measureOne(contender, round, input);
      save(file, settings, results, latencies);
    }
  }
} finally {
  await runs.close();
}
say(`\n${aligned(figureTable(results))}\n\n${aligned(ratioTable(results))}`);
if (latencies.length > 0) say(`\nat ${latencyLoad.rate} records/s:\n${aligned(latencyTable(latencies))}`);
say(`\nsaved in ${file}`);
process.exitCode = [...results, ...latencies].every(({ exact }) => exact) ? 0 : 1;
