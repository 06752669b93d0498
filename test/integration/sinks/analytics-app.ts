/** Windows of readings, with state in Redis, into PostgreSQL, Parquet files and Redis: in a process to be killed. */
import {
  count,
  json,
  StreamsApp,
  StreamsBuilder,
  string,
  sum,
  topic,
  tumbling,
  type Logger,
} from '@hiveframe/streams';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { byHour, parquetSink } from '@hiveframe/streams-parquet';
import { postgresSink } from '@hiveframe/streams-postgres';
import { redis, redisSink } from '@hiveframe/streams-redis';

export interface AnalyticsAppSettings {
  readonly brokers: string;
  readonly redisUrl: string;
  readonly postgresUrl: string;
  readonly applicationId: string;
  readonly input: string;
  readonly table: string;
  readonly directory: string;
  readonly keyPrefix: string;
  readonly windowMs: number;
}
export interface Reading {
  readonly sensor: string;
  readonly amount: number;
  readonly at: number;
}

const settings = JSON.parse(process.argv[2]!) as AnalyticsAppSettings;
const { brokers, redisUrl, postgresUrl, applicationId, keyPrefix } = settings;
const logger: Logger = { log: (level, text) => void process.stderr.write(`${level}: ${text}\n`) };
const readings = topic(settings.input, {
  key: string(),
  value: json<Reading>(),
  timestamp: 'at',
  watermark: { delayMs: 0 },
});
const builder = new StreamsBuilder();
const stats = builder
  .stream(readings)
  .groupByKey({ name: 'stats' })
  .windowedBy(tumbling({ sizeMs: settings.windowMs }), { graceMs: 0, emit: 'final' })
  .agg(sum('amount').alias('total'), count('*').alias('readings'));

stats.toSink(
  postgresSink({
    url: postgresUrl,
    table: settings.table,
    columns: { sensor: 'text', window_start: 'timestamptz', total: 'int8', readings: 'int8' },
    primaryKey: ['sensor', 'window_start'],
  }),
);
stats.toSink(
  parquetSink({
    directory: settings.directory,
    columns: { key: 'string', window_start: 'timestamp', total: 'int64', readings: 'int64' },
    partitionBy: byHour('window_start'),
    maxFileMs: 400,
    logger,
  }),
);
stats.toSink(redisSink({ url: redisUrl, as: 'hash', keyPrefix, logger }));

const app = new StreamsApp(builder.build(), {
  applicationId,
  log: kafkajs({ brokers: brokers.split(',') }),
  stores: redis({ url: redisUrl, keyPrefix: `${keyPrefix}state:`, logger }),
  processingGuarantee: 'exactly_once',
  sessionTimeoutMs: 6_000,
  logger,
});
process.once('SIGTERM', () => void app.stop().then(() => process.exit()));
await app.start();
