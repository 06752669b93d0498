/** `npm run bench:failover`: what it takes to take over the tasks of a killed instance, and Kafka Streams to restore the same state.
 *  BROKERS (127.0.0.1:9092), REDIS_URL (redis://127.0.0.1:6379), KEYS (1000000), ROUNDS (3), PARTITIONS (4),
 *  THREADS of Kafka Streams (1), SESSION_TIMEOUT_MS (6000). */
import { Redis } from 'ioredis';
import { Cluster } from '../../test/support/cluster.ts';
import { save } from '../report.ts';
import { Input } from './input.ts';
import { ratios, shown, table, type Result } from './report.ts';
import { HiveFrame, KafkaStreams, type Takeover } from './takeovers.ts';

const env = process.env;
const settings = {
  brokers: env['BROKERS'] ?? env['KAFKA_BROKERS'] ?? '127.0.0.1:9092',
  redisUrl: env['REDIS_URL'] ?? 'redis://127.0.0.1:6379',
  keys: Number(env['KEYS'] ?? 1_000_000),
  rounds: Number(env['ROUNDS'] ?? 3),
  partitions: Number(env['PARTITIONS'] ?? 4),
  threads: Number(env['THREADS'] ?? 1),
  sessionTimeoutMs: Number(env['SESSION_TIMEOUT_MS'] ?? 6_000),
};
const RESULTS = 'bench/results/failover.local.json';
const PEER = `Kafka Streams, ${settings.threads} thread${settings.threads === 1 ? '' : 's'}`;
const session = `failover-${Date.now().toString(36)}`;

const { brokers, redisUrl, sessionTimeoutMs } = settings;
const cluster = await Cluster.connect(brokers);
const redis = new Redis(redisUrl);
const input = await Input.open(brokers, `${session}-in`, settings.partitions);
const streams = new KafkaStreams(
  { brokers, input: input.topic, output: `${session}-ks-out`, applicationId: `${session}-ks` },
  settings.threads,
);
const hiveFrame = new HiveFrame(
  { brokers, input: input.topic, output: `${session}-out`, applicationId: session, sessionTimeoutMs },
  input,
);

/** In the order of a round. */
const contenders: ReadonlyMap<string, () => Promise<Takeover>> = new Map([
  [PEER, () => streams.takeOver()],
  ['HiveFrame, Redis', () => hiveFrame.takeOver(redisUrl)],
  ['HiveFrame, Redis emptied', () => forgetState().then(() => hiveFrame.takeOver(redisUrl))],
  ['HiveFrame, memory', () => hiveFrame.takeOver(null)],
]);

async function forgetState(): Promise<void> {
  for await (const keys of redis.scanStream({ match: `*${session}*`, count: 1_000 })) {
    if ((keys as string[]).length > 0) await redis.unlink(...(keys as string[]));
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function prepare(): Promise<void> {
  for (const topic of [input.topic, `${session}-out`, `${session}-ks-out`]) {
    await cluster.createTopic(topic, settings.partitions);
  }
  await input.fill(settings.keys);
  say(`${settings.keys.toLocaleString('en')} keys in ${settings.partitions} partitions`);
  await streams.fill();
  await hiveFrame.fill(redisUrl, cluster);
  say('both have counted them');
}

const results: Result[] = [];
try {
  await prepare();
  for (let round = 1; round <= settings.rounds; round++) {
    for (const [contender, takeOver] of contenders) {
      await input.probe();
      const takeover = await takeOver();
      results.push({ round, contender, takeover });
      say(
        `round ${round}  ${contender}: ${shown(takeover.restored)} records replayed in ${shown(takeover.restoreMs)} ms, ` +
          `first record after ${shown(takeover.firstRecordMs)} ms`,
      );
    }
  }
} finally {
  await hiveFrame.kill();
  await input.close();
  await forgetState();
  redis.disconnect();
  await cluster.removeAll(session);
  await cluster.close();
}
say(`\n${table(results, PEER)}`);
save(RESULTS, { ...settings, ratios: ratios(results, PEER) }, results);
say(`\nsaved in ${RESULTS}`);
