/** `npm run bench:peer`: this project's application and Kafka Streams, turn by turn, on the same Kafka and the same input.
 *  SCENARIO (updates; final, many-sensors, repartition, stateless, count), GUARANTEE (exactly_once, at_least_once), STORES (both,
 *  redis, memory), ROUNDS (3), RECORDS, SENSORS (the scenario's), COMMIT_INTERVAL_MS (100), THREADS (1) and PEER_STORE (rocksdb,
 *  memory) of Kafka Streams, BROKERS (127.0.0.1:9092), REDIS_URL (none: state in memory only), ONLY: contenders whose name holds
 *  one of these words, separated by commas; RESULTS: a file of former rounds to go on with.
 *  Every run is verified; one that is not exact does not count. */
import { Cluster } from '../test/support/cluster.ts';
import { runPeer } from '../test/support/peer.ts';
import { measure, type Measurement } from './measure.ts';
import { number, readChoice, readScenario } from './peer-settings.ts';
import { figureTable, load, ratioTable, save, type Result } from './report.ts';
import type { Contender, Task } from './scenarios/scenario.ts';
import { Services } from './services.ts';
import { aligned } from './spread.ts';

const scenario = readScenario();
const choice = readChoice();
const rounds = number('ROUNDS', 3);
const records = number('RECORDS', scenario.records);
const sensors = number('SENSORS', scenario.sensors);
const { brokers, redisUrl, ...chosen } = choice;
const settings = { scenario: scenario.name, title: scenario.title, ...chosen, records, sensors };

const NUM_PARTITIONS = 4;
const results = process.env['RESULTS'] ?? `bench/results/${scenario.name}-${choice.guarantee}.local.json`;
const session = `bench-${Date.now().toString(36)}`;
const input = `${session}-in`;

function field(): readonly Contender[] {
  const words = process.env['ONLY']?.split(',');
  return scenario
    .contenders(choice)
    .filter(({ name }) => words === undefined || words.some((word) => name.includes(word)));
}

async function newTask(id: string): Promise<Task> {
  const topics = { output: `${id}-out`, alerts: `${id}-alerts`, deadLetters: `${id}-dead-letters` };
  for (const topic of Object.values(topics)) await cluster.createTopic(topic, NUM_PARTITIONS);
  return { id, input, ...topics };
}

async function runOnce(contender: Contender, id: string): Promise<Omit<Result, 'round'>> {
  const task = await newTask(id);
  const run = await contender.start(task);
  let measurement: Measurement;
  try {
    measurement = await measure(run, { cluster, services, input });
  } finally {
    await run.child.stop();
  }
  await run.end?.();
  const exact = await isExact(task);
  await cluster.removeAll(id);
  return { contender: contender.name, exact, measurement };
}

async function isExact(task: Task): Promise<boolean> {
  const { program, words, options } = scenario.verifier(task);
  try {
    await runPeer(program, [brokers, input, task.output, ...words], options);
    return true;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return false;
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Rounds of an earlier run in the same file, if it was the same work. */
function formerResults(): readonly Result[] {
  const former = process.env['RESULTS'] === undefined ? null : load<typeof settings, Result>(results);
  if (former === null) return [];
  if (JSON.stringify(former.settings) === JSON.stringify(settings)) return former.results;
  throw new Error(`${results} holds runs with other settings: name another file.`);
}

const all: Result[] = [...formerResults()];
const firstRound = Math.max(0, ...all.map(({ round }) => round)) + 1;
if (redisUrl === null) say('REDIS_URL is not set: the application is measured with its state in memory only');
const cluster = await Cluster.connect(brokers);
const services = new Services(brokers, redisUrl);
try {
  await cluster.createTopic(input, NUM_PARTITIONS);
  say((await runPeer('Generate', [brokers, input, records], { sensors })).join('\n'));
  for (let round = firstRound; round < firstRound + rounds; round++) {
    for (const [index, contender] of field().entries()) {
      const result = { round, ...(await runOnce(contender, `${session}-${round}-${index}`)) };
      all.push(result);
      const { recordsPerSecond, cpuSecondsPerMillion } = result.measurement;
      say(
        `round ${round}  ${contender.name}: ${Math.round(recordsPerSecond)} records/s, ` +
          `${cpuSecondsPerMillion.toFixed(1)} CPU-s/million, ${result.exact ? 'exact' : 'NOT EXACT'}`,
      );
    }
    save(results, settings, all);
  }
} finally {
  services.close();
  await cluster.removeAll(session);
  await cluster.close();
}
say(`\n${aligned(figureTable(all))}\n\n${aligned(ratioTable(all))}\n\nsaved in ${results}`);
process.exitCode = all.every(({ exact }) => exact) ? 0 : 1;
