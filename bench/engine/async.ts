/** What `mapValuesAsync` costs per record, by how its function answers, beside `mapValues`: one task over fetches in memory and
 *  ports that keep nothing. Ratios count; microseconds (of CPU) depend on the machine.
 *  Run: npm run bench:async   (RECORDS=, ROUNDS=) */
import { inMemoryStores, json, string, StreamsBuilder, topic, type Topology } from '@hiveframe/streams';
import { createTaskEnvironment, resolveStreamsConfig, StreamTask } from '@hiveframe/streams/internal';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { nullLog } from './null-ports.ts';
import { makeReadings } from './readings.ts';

interface Reading {
  readonly temperature: number;
}
const RECORDS = Number(process.env['RECORDS'] ?? 200_000);
const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const COMMIT_EVERY = 12_500;
const INPUT = { topic: 'readings', numPartitions: 1, count: RECORDS, sensors: 1_000 };

const readings = topic('readings', { key: string(), value: json<Reading>() });
const warm = topic('warm', { key: string(), value: json<number>() });

type Mapper = (reading: Reading) => Promise<number>;
const answers: Readonly<Record<string, Mapper>> = {
  'a value, no promise': (({ temperature }: Reading) => temperature) as unknown as Mapper,
  'an async function that does not wait': async ({ temperature }) => temperature,
  'a promise of the next turn': async ({ temperature }) => {
    await nextTurn();
    return temperature;
  },
};

function synchronous(): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(readings)
    .mapValues(({ temperature }) => temperature)
    .to(warm);
  return builder.build();
}

function asynchronous(mapper: Mapper, concurrency: number): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(readings)
    .mapValuesAsync(mapper, { name: 'look-up', concurrency, timeoutMs: 10_000 })
    .to(warm);
  return builder.build();
}

async function openTask(topology: Topology): Promise<StreamTask> {
  const config = resolveStreamsConfig({
    applicationId: 'bench',
    log: nullLog({ readings: 1, warm: 1 }),
    stores: inMemoryStores(),
    processingGuarantee: 'exactly_once',
  });
  const membership = () => ({ groupId: 'bench', generation: 1, memberId: 'm', instanceId: null });
  const limits = { numPartitions: 1, maxRecordBytes: 1_000_000, numWriters: 0 };
  const topics = new Map([warm.name, config.deadLetterTopic].map((name) => [name, limits]));
  const environment = createTaskEnvironment(
    config,
    () => ({ membership, commit: async () => {} }),
    () => topics,
  );
  const task = new StreamTask(
    { subTopology: 0, partition: 0 },
    topology.graph.subTopologies[0]!,
    environment,
  );
  await task.open(() => {});
  return task;
}

/** Microseconds of CPU per record. */
async function measure(topology: Topology): Promise<number> {
  const task = await openTask(topology);
  for (const fetched of makeReadings(INPUT)) task.add(fetched);
  const before = process.cpuUsage();
  let done = 0;
  for (let since = 0; done < RECORDS;) {
    const count = task.isReady ? task.process(256) : 0;
    done += count;
    since += count;
    if (since >= COMMIT_EVERY) {
      await task.commit();
      since = 0;
    } else await nextTurn();
    if (task.failure !== null) throw task.failure;
  }
  await task.commit();
  const { user, system } = process.cpuUsage(before);
  await task.close();
  return (user + system) / RECORDS;
}

const cases: [string, () => Topology][] = [
  ['mapValues', synchronous],
  ...Object.entries(answers).flatMap(([name, mapper]) =>
    [1, 16].map((concurrency): [string, () => Topology] => [
      `mapValuesAsync, ${concurrency} at once: ${name}`,
      () => asynchronous(mapper, concurrency),
    ]),
  ),
];
for (const [name, topology] of cases) {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await measure(topology()));
  process.stdout.write(`${Math.min(...rounds).toFixed(2)} µs  ${name}\n`);
}
