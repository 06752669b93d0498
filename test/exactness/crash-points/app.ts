/** The reference application as a process with a failpoint: its topology, log, stores and options are those of `src/`, and between the
 *  engine and the ports stands what tells of each step. Settings as in production, and:
 *    FAILPOINT    a FailpointSpec as JSON
 *    WITHOUT      steps to leave out, separated by commas (see `test/simulation/mutations`)
 *    INSTANCE_ID  of the static member
 *  Writes to stderr what it logs, `FAILPOINT …`, `CONSUMED` when all input is committed (embedded log), and at its end what the stores in
 *  memory hold: `STORES <JSON>`. */
import { StreamsApp, StreamsBuilder, type Logger, type LogPort, type StorePort } from '@hiveframe/streams';
import { setTimeout as delay } from 'node:timers/promises';
import { MutatedLog } from '../../simulation/mutations/mutated-log.ts';
import type { Mutation } from '../../simulation/mutations/mutation.ts';
import {
  createLog,
  createStores,
  parseSettings,
  SensorAnalyticsTopology,
  streamsOptions,
} from './built-app.ts';
import { Failpoint } from './failpoint.ts';
import { loseAnswerAt } from './lost-answers.ts';
import { STORE, NUM_PARTITIONS } from './layout.ts';
import { CommitPace } from './paced-reader.ts';
import type { PointHook } from './points.ts';
import { contentOf } from './store-content.ts';
import { watchedLog } from './watched-log.ts';
import { watchedStores } from './watched-stores.ts';
import { Wire } from './wire.ts';

/** The shortest that brokers allow (`group.min.session.timeout.ms`). */
const SESSION_TIMEOUT_MS = 6_000;
/** A commit for nearly every poll. */
const COMMIT_INTERVAL_MS = 1;

const settings = parseSettings(process.env);
const { applicationId, redisUrl, kafkaBrokers, inputTopic } = settings;
const logger: Logger = { log: (level, text) => void process.stderr.write(`${level} ${text}\n`) };

function onPoint(failpoint: Failpoint, wire: Wire, pace: CommitPace): PointHook {
  const metaKey = `hfs:{${applicationId}:${STORE}:0}:meta`;
  return async (point, partition) => {
    if (point === 'commit output' || point === 'commit stores') pace.commitBegins(partition);
    const loses = await failpoint.reached(point, partition);
    if (loses) await loseAnswerAt(point, { wire, redisUrl: redisUrl!.reveal(), metaKey });
  };
}

function createApp(log: LogPort, stores: StorePort): StreamsApp {
  const builder = new StreamsBuilder();
  new SensorAnalyticsTopology(settings, null).build(builder);
  const instanceId = process.env['INSTANCE_ID'];
  return new StreamsApp(builder.build(), {
    ...streamsOptions(settings, log, stores),
    commitIntervalMs: COMMIT_INTERVAL_MS,
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    logger,
    ...(instanceId === undefined ? {} : { instanceId }),
  });
}

function without(log: LogPort): LogPort {
  const mutations = process.env['WITHOUT'];
  return mutations === undefined ? log : new MutatedLog(log, mutations.split(',') as Mutation[]);
}

/** Nobody else can look into an embedded log while this process has it. */
async function tellWhenConsumed(log: LogPort): Promise<void> {
  const inputs = Array.from({ length: NUM_PARTITIONS }, (_, partition) => ({ topic: inputTopic, partition }));
  for (;;) {
    const ends = await log.admin.offsets(inputs, 'end');
    const committed = await log.admin.committed(applicationId, inputs);
    const isThere = ({ partition, offset }: { partition: number; offset: number }) =>
      committed.some((one) => one.partition === partition && one.offset >= offset);
    if (ends.every(isThere)) return void process.stderr.write('CONSUMED\n');
    await delay(20);
  }
}

async function tellStores(stores: StorePort): Promise<void> {
  const contents = [];
  for (let partition = 0; partition < NUM_PARTITIONS; partition++) {
    const id = { applicationId, store: STORE, partition };
    contents.push(await contentOf(stores.reader(id, { name: STORE, kind: 'window' })));
  }
  process.stderr.write(`STORES ${JSON.stringify(contents)}\n`);
}

async function main(): Promise<void> {
  const pace = new CommitPace();
  const hook = onPoint(Failpoint.fromEnvironment(), new Wire(), pace);
  const [log, stores] = [createLog(settings), createStores(settings)];
  const app = createApp(without(watchedLog(log, hook, pace)), watchedStores(stores, hook));
  app.listen({
    onStateChange: ({ to }) => {
      if (to === 'error') process.exit(1);
    },
  });
  process.once('SIGTERM', () => {
    void (async () => {
      if (!stores.durable) await tellStores(stores);
      await app.stop();
      process.exit(0);
    })();
  });
  await app.start();
  if (kafkaBrokers === null) await tellWhenConsumed(log);
}

await main();
