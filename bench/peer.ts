/** `npm run bench:peer`: this project's application and Kafka Streams, turn by turn, on the same Kafka and the same input.
 *  BROKERS (127.0.0.1:9092), REDIS_URL (none: state in memory only), ROUNDS (3), RECORDS (1000000), SENSORS (1000),
 *  EMIT (updates), THREADS of Kafka Streams (1). Every run is verified; one that is not exact does not count. */
import { Cluster } from '../test/support/cluster.ts';
import { runPeer } from '../test/support/peer.ts';
import { bareLoop, kafkaStreams, referenceApp, type Contender, type Emit, type Task } from './contenders.ts';
import { measure, type Measurement } from './measure.ts';
import { save, table, type Result } from './report.ts';

const env = process.env;
const settings = {
  brokers: env['BROKERS'] ?? env['KAFKA_BROKERS'] ?? '127.0.0.1:9092',
  redisUrl: env['REDIS_URL'],
  rounds: Number(env['ROUNDS'] ?? 3),
  records: Number(env['RECORDS'] ?? 1_000_000),
  sensors: Number(env['SENSORS'] ?? 1_000),
  emit: (env['EMIT'] ?? 'updates') as Emit,
  threads: Number(env['THREADS'] ?? 1),
};
const RESULTS = 'bench/results/peer.local.json';
const NUM_PARTITIONS = 4;
const session = `bench-${Date.now().toString(36)}`;
const input = `${session}-in`;

function contenders(): readonly Contender[] {
  const apps = [referenceApp(undefined)];
  if (settings.redisUrl === undefined)
    say('REDIS_URL is not set: the application is measured with its state in memory only');
  else apps.unshift(referenceApp(settings.redisUrl));
  const loop = settings.emit === 'updates' ? [bareLoop()] : [];
  return [...apps, ...loop, kafkaStreams(settings.threads)];
}

async function newTask(cluster: Cluster, id: string): Promise<Task> {
  const topics = { output: `${id}-out`, alerts: `${id}-alerts`, deadLetters: `${id}-dead-letters` };
  for (const topic of Object.values(topics)) await cluster.createTopic(topic, NUM_PARTITIONS);
  return { id, brokers: settings.brokers, input, ...topics, emit: settings.emit };
}

async function runOnce(cluster: Cluster, contender: Contender, id: string): Promise<Omit<Result, 'round'>> {
  const task = await newTask(cluster, id);
  const run = await contender.start(task);
  let measurement: Measurement;
  try {
    measurement = await measure(run, cluster, input);
  } finally {
    await run.child.stop();
  }
  const exact = await isExact(task);
  await cluster.removeAll(id);
  return { contender: contender.name, exact, measurement };
}

async function isExact({ brokers, output, emit, alerts }: Task): Promise<boolean> {
  try {
    await runPeer('Verify', [brokers, input, output, emit], { alerts });
    return true;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return false;
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

const cluster = await Cluster.connect(settings.brokers);
const results: Result[] = [];
try {
  await cluster.createTopic(input, NUM_PARTITIONS);
  say(
    (
      await runPeer('Generate', [settings.brokers, input, settings.records], { sensors: settings.sensors })
    ).join('\n'),
  );
  const field = contenders();
  for (let round = 1; round <= settings.rounds; round++) {
    for (const [index, contender] of field.entries()) {
      const result = { round, ...(await runOnce(cluster, contender, `${session}-${round}-${index}`)) };
      results.push(result);
      const { recordsPerSecond, cpuSecondsPerMillion } = result.measurement;
      say(
        `round ${round}  ${contender.name}: ${Math.round(recordsPerSecond)} records/s, ` +
          `${cpuSecondsPerMillion.toFixed(1)} CPU-s/million, ${result.exact ? 'exact' : 'NOT EXACT'}`,
      );
    }
  }
} finally {
  await cluster.removeAll(session);
  await cluster.close();
}
say(`\n${table(results)}`);
save(RESULTS, settings, results);
say(`\nsaved in ${RESULTS}`);
process.exitCode = results.every(({ exact }) => exact) ? 0 : 1;
