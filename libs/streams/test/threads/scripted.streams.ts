/** An application whose topology does what its records say, and whose thread gets the records that a test asks for. Each thread has
 *  an embedded log of its own, and hides that: so threads run without a broker, not as one group. */
import { BroadcastChannel } from 'node:worker_threads';
import {
  ConfigError,
  json,
  RecordBatchWriter,
  string,
  StreamsBuilder,
  topic,
  type Logger,
  type LogPort,
  type StreamThread,
  type ThreadStreams,
} from '@hiveframe/streams';
import { embedded } from '@hiveframe/streams-embedded';

/** `thread.data` */
export interface Script {
  /** Name of the channel on which threads are told what to do. */
  readonly channel: string;
  readonly start?: 'refuse';
  /** Counts the threads that were made; those between the first one and this are refused. */
  readonly replacements?: { readonly made: SharedArrayBuffer; readonly refusedUpTo: number };
  readonly embedded?: 'as it is';
}
/** One message on the channel. */
export interface Command {
  readonly thread: string;
  readonly act: keyof typeof ACTS;
}

const ACTS = {
  count: () => {},
  fail: () => {
    throw new Error('the record says fail');
  },
  exit: () => process.exit(3),
  throwLater: () => {
    setImmediate(() => {
      throw new TypeError('nobody catches this');
    });
  },
  block: () => {
    for (;;);
  },
  // In small pieces: a single large allocation beyond the limit would abort the process, which is V8's way.
  fillMemory: () => {
    type Link = { readonly before: Link | null; readonly text: string };
    for (let last: Link | null = null, i = 0; ; i++) last = { before: last, text: String(i) };
  },
};
const acts = topic('acts', { key: string(), value: string() });

function scriptedTopology(logger: Logger) {
  const builder = new StreamsBuilder();
  builder
    .stream(acts)
    .mapValues((act) => {
      logger.log('info', act);
      ACTS[act as keyof typeof ACTS]();
      return act;
    })
    .groupByKey({ name: 'acts' })
    .count()
    .toStream()
    .to(topic('counts', { key: string(), value: json<number | null>() }));
  return builder.build();
}

async function write(log: LogPort, act: string): Promise<void> {
  const batch = new RecordBatchWriter();
  batch.append(Buffer.from(act), Buffer.from(act), Date.now());
  await log.writer().send([{ topic: acts.name, partition: 0, records: batch.take() }]);
}

function isRefused({ replacements }: Script): boolean {
  if (replacements === undefined) return false;
  const before = Atomics.add(new Int32Array(replacements.made), 0, 1);
  return before > 0 && before <= replacements.refusedUpTo;
}

export default async function scripted({ name, data, logger }: StreamThread): Promise<ThreadStreams> {
  const script = data as Script;
  if (script.start === 'refuse' || isRefused(script)) throw new ConfigError(`no ${name} today`);
  const log = embedded();
  if (script.embedded === undefined) Object.assign(log, { isThreadLocal: false });
  await log.connect();
  await log.admin.create([{ topic: acts.name, numPartitions: 1 }]);
  const input = log.share();
  const channel = new BroadcastChannel(script.channel);
  channel.onmessage = ({ data: command }) => {
    const { thread, act } = command as Command;
    if (thread === name) void write(input, act);
  };
  logger.log('info', 'made', { script });
  return {
    topology: scriptedTopology(logger),
    config: {
      applicationId: 'scripted',
      log,
      processingGuarantee: 'exactly_once',
      commitIntervalMs: 10,
      onProcessingFailure: 'fail',
    },
    close: () => {
      logger.log('info', 'closed');
      channel.close();
    },
  };
}
