/** A resumable source in a process to be killed: each of its splits counts, as fast as the topic takes it. */
import { json, string, topic, type Logger } from '@hiveframe/streams';
import { runResumableSource, type ResumableSource } from '@hiveframe/streams-connect';
import { kafkajs } from '@hiveframe/streams-kafkajs';

export interface CountingSettings {
  readonly brokers: string;
  readonly applicationId: string;
  readonly output: string;
  readonly numSplits: number;
  /** By each split. */
  readonly count: number;
}
const BATCH = 50;

const { brokers, applicationId, output, numSplits, count } = JSON.parse(process.argv[2]!) as CountingSettings;
const logger: Logger = { log: (level, text) => void process.stderr.write(`${level}: ${text}\n`) };
const source: ResumableSource<string, number> = {
  name: 'counting',
  guarantee: 'exactly_once',
  numSplits,
  async *start({ split, position, signal, clock }) {
    for (let n = position ?? 0; n < count && !signal.aborted; n += BATCH) {
      const events = Array.from({ length: BATCH }, (_, i) => `${split}-${n + i}`);
      yield { events, position: n + BATCH };
      await clock.delay(1, signal);
    }
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  },
};
const log = kafkajs({ brokers: brokers.split(',') });
await log.connect();
const running = runResumableSource(source, {
  log,
  applicationId,
  topic: topic(output, { key: string(), value: json<string>() }),
  key: (event) => event.split('-')[0]!,
  sessionTimeoutMs: 6_000,
  logger,
});
process.once('SIGTERM', () => void running.stop().then(() => process.exit()));
await running.done;
