/** A task over ports that keep nothing: operator chain, aggregate, window lookup, cache, commit. Each call processes the same fetch
 *  again, so state is what a running task has: there already. */
import {
  avg,
  count,
  hopping,
  inMemoryStores,
  max,
  min,
  StreamsBuilder,
  tumbling,
  type KStream,
} from '@hiveframe/streams';
import { createTaskEnvironment, resolveStreamsConfig, StreamTask } from '@hiveframe/streams/internal';
import { nullLog } from '../engine/null-ports.ts';
import { fetched, readings, type Reading } from './readings.ts';
import { RECORDS, type Piece } from './suite.ts';

type Readings = KStream<string, Reading>;

async function open(define: (stream: Readings) => unknown): Promise<StreamTask> {
  const builder = new StreamsBuilder();
  define(builder.stream(readings));
  const { deadLetterTopic, ...config } = resolveStreamsConfig({
    applicationId: 'bench',
    log: nullLog({ [readings.name]: 1 }),
    stores: inMemoryStores(),
    processingGuarantee: 'exactly_once',
  });
  const member = {
    membership: () => ({ groupId: 'bench', generation: 1, memberId: 'm', instanceId: null }),
    commit: async () => {},
  };
  const limits = new Map([[deadLetterTopic, { numPartitions: 1, maxRecordBytes: 1_000_000, numWriters: 0 }]]);
  const environment = createTaskEnvironment(
    { deadLetterTopic, ...config },
    () => member,
    () => limits,
  );
  const [subTopology] = builder.build().graph.subTopologies;
  const task = new StreamTask({ subTopology: 0, partition: 0 }, subTopology!, environment);
  await task.open(() => {});
  return task;
}

function processAll(task: StreamTask): void {
  task.add(fetched);
  let processed = 0;
  for (let n = task.process(256); n > 0; n = task.process(256)) processed += n;
  if (task.failure !== null) throw task.failure;
  if (processed !== RECORDS) throw new Error(`Processed ${processed} of ${RECORDS} records`);
}

async function processing(name: string, define: (stream: Readings) => unknown): Promise<Piece> {
  const task = await open(define);
  return { name, run: () => processAll(task) };
}

const hop = (stream: Readings): Readings =>
  stream
    .mapValues((reading) => ({ ...reading, temperature: reading.temperature + 1 }))
    .filter(({ humidity }) => humidity > 0);
const stats = (stream: Readings, sizeMs: number) =>
  stream
    .groupByKey({ name: 'stats' })
    .windowedBy(tumbling({ sizeMs }), { graceMs: 86_400_000, emit: 'final' });

/** `nothing` is what all others contain: decode, deserialize, watermark. */
export const pieces: readonly Piece[] = [
  await processing('task: nothing', (stream) => stream.peek(() => {})),
  await processing('task: ten stateless operators', (stream) =>
    hop(hop(hop(hop(hop(stream))))).peek(() => {}),
  ),
  await processing('task: count in one window', (stream) => stats(stream, 86_400_000).count()),
  await processing('task: four aggregates in one window', (stream) =>
    stats(stream, 86_400_000).agg(
      avg('temperature').alias('mean'),
      min('temperature').alias('low'),
      max('temperature').alias('high'),
      count('*').alias('count'),
    ),
  ),
  await processing('task: count, a window a millisecond', (stream) => stats(stream, 1).count()),
  await processing('task: count, four hopping windows', (stream) =>
    stream
      .groupByKey({ name: 'stats' })
      .windowedBy(hopping({ sizeMs: 86_400_000, advanceMs: 21_600_000 }), {
        graceMs: 86_400_000,
        emit: 'final',
      })
      .count(),
  ),
  await processing('task: count by key, cached', (stream) => stream.groupByKey({ name: 'counts' }).count()),
  await committing('task: count and commit 200 windows', (stream) => stats(stream, 86_400_000).count()),
];

async function committing(name: string, define: (stream: Readings) => unknown): Promise<Piece> {
  const task = await open(define);
  const run = async () => {
    processAll(task);
    await task.commit();
  };
  return { name, run };
}
