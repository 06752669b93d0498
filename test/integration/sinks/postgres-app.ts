/** An application with two tables of PostgreSQL, in a process to be killed. */
import { json, StreamsApp, StreamsBuilder, string, topic, type Logger } from '@hiveframe/streams';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { postgresSink } from '@hiveframe/streams-postgres';

export interface PostgresAppSettings {
  readonly brokers: string;
  readonly url: string;
  readonly applicationId: string;
  readonly input: string;
  /** Every record, and the last of each key. */
  readonly all: string;
  readonly latest: string;
}
export interface Sample {
  readonly id: number;
}

const { brokers, url, applicationId, input, all, latest } = JSON.parse(
  process.argv[2]!,
) as PostgresAppSettings;
const logger: Logger = { log: (level, text) => void process.stderr.write(`${level}: ${text}\n`) };
const builder = new StreamsBuilder();
const samples = builder.stream(topic(input, { key: string(), value: json<Sample>() }));
samples.toSink(postgresSink<string, Sample>({ url, table: all, columns: { key: 'text', id: 'int' } }));
samples.toSink(
  postgresSink<string, Sample>({
    url,
    table: latest,
    columns: { key: 'text', id: 'int' },
    primaryKey: ['key'],
  }),
);
const app = new StreamsApp(builder.build(), {
  applicationId,
  log: kafkajs({ brokers: brokers.split(',') }),
  processingGuarantee: 'exactly_once',
  sessionTimeoutMs: 6_000,
  logger,
});
process.once('SIGTERM', () => void app.stop().then(() => process.exit()));
await app.start();
