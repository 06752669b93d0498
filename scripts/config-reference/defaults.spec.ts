/** The defaults that docs/reference/configuration.md gives are those that the code applies. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { json, topic, type LogPort } from '@hiveframe/streams';
import { resolveAsyncOptions } from '../../libs/streams/src/processor/operators/async-operator.ts';
import { resolveStreamsConfig } from '../../libs/streams/src/runtime/streams-config.ts';
import { tableTarget } from '../../libs/streams/src/sink/table-target.ts';
import { resolveProcessorConfig } from '../../libs/streams-connect/src/front/processor-config.ts';
import { resolveResumableOptions } from '../../libs/streams-connect/src/resumable/resumable-options.ts';
import { resolveSourceOptions } from '../../libs/streams-connect/src/source/source-options.ts';
import { resolveSqliteSinkOptions } from '../../libs/streams-connect/src/sqlite/sqlite-options.ts';
import { resolveWebhookSinkOptions } from '../../libs/streams-connect/src/webhook/webhook-options.ts';
import { resolveEmbeddedOptions } from '../../libs/streams-embedded/src/options.ts';
import { resolveKafkaJsOptions } from '../../libs/streams-kafkajs/src/options.ts';
import { resolveDeadLettersOptions } from '../../libs/streams-nestjs/src/dead-letters/dead-letters-options.ts';
import { HTTP_LIMITS } from '../../libs/streams-nestjs/src/http/http-limits.ts';
import { resolveIngestOptions } from '../../libs/streams-nestjs/src/ingest/ingest-options.ts';
import { resolveQueriesOptions } from '../../libs/streams-nestjs/src/queries/queries-options.ts';
import { resolveParquetSinkOptions } from '../../libs/streams-parquet/src/parquet-options.ts';
import { resolvePostgresSinkOptions } from '../../libs/streams-postgres/src/options.ts';
import { resolveRedisStoreOptions } from '../../libs/streams-redis/src/options.ts';
import { resolveRedisSinkOptions } from '../../libs/streams-redis/src/sink/redis-sink-options.ts';

const PAGE = 'docs/reference/configuration.md';
const log = {} as LogPort; // nothing of it is asked before a start
const events = topic('events', { value: json<object>() });
const kafkaJs = resolveKafkaJsOptions({ brokers: ['localhost:9092'] });
const ingest = resolveIngestOptions({ path: 'events', topic: events, schema: Object });
const processor = resolveProcessorConfig({ name: 'stream' });

/** What the code makes of options of which only the required ones are given, where one function resolves them. Defaults that are applied
 *  where they are used are checked by the specs of what they do. */
const APPLIED: Readonly<Record<string, object>> = {
  StreamsConfig: resolveStreamsConfig({ applicationId: 'app', log }),
  AsyncOptions: resolveAsyncOptions({ name: 'calls', concurrency: 1, timeoutMs: 1 }),
  TableSinkOptions: tableTarget({ table: 'rows', columns: {} }, 'target'),
  KafkaJsOptions: kafkaJs,
  FetchOptions: kafkaJs.fetch,
  RedisStoreOptions: resolveRedisStoreOptions({}),
  RedisSinkOptions: resolveRedisSinkOptions({ as: 'hash', keyPrefix: 'row:' }),
  EmbeddedOptions: resolveEmbeddedOptions({}),
  HttpLimits: HTTP_LIMITS,
  IngestOptions: ingest,
  IngestLimits: ingest,
  DeadLettersModuleOptions: resolveDeadLettersOptions({}),
  QueriesOptions: resolveQueriesOptions({}),
  ResumableSourceOptions: resolveResumableOptions(
    { guarantee: 'exactly_once', name: 'source', async *start() {} },
    { applicationId: 'app', topic: events },
  ),
  SourceOptions: resolveSourceOptions({}, { topic: events }),
  StreamProcessorConfig: {
    ...processor,
    delivery: processor.streams.processingGuarantee,
    batchIntervalMs: processor.streams.commitIntervalMs,
    numPartitions: (processor.streams.missingSourceTopics as { create: { numPartitions: number } }).create
      .numPartitions,
  },
  SqliteSinkOptions: resolveSqliteSinkOptions({ path: ':memory:', table: 'rows', columns: { key: 'text' } }),
  WebhookSinkOptions: resolveWebhookSinkOptions({ url: 'http://localhost' }),
  ParquetSinkOptions: resolveParquetSinkOptions({ directory: 'rows', columns: { key: 'string' } }),
  PostgresSinkOptions: resolvePostgresSinkOptions({ table: 'rows', columns: { key: 'text' } }),
};

interface Documented {
  /** `Type.option`, for the title. */
  readonly place: string;
  readonly type: string;
  readonly option: string;
  readonly value: unknown;
}

/** The rows of the page whose default is a plain value. */
function documentedDefaults(): Documented[] {
  const found: Documented[] = [];
  let type = '';
  for (const line of readFileSync(PAGE, 'utf8').split('\n')) {
    type = /^### (\w+)/.exec(line)?.[1] ?? type;
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    const literal = /^`('[^']*'|true|false|-?\d[\d_.]*(?: [KM]iB)?)`(?=$|[,;:])/.exec(cells[4] ?? '')?.[1];
    const option = /^`(\w+)`$/.exec(cells[1] ?? '')?.[1];
    if (literal !== undefined && option !== undefined)
      found.push({ place: `${type}.${option}`, type, option, value: valueOf(literal) });
  }
  return found;
}

const UNITS: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 * 1024 };

function valueOf(literal: string): unknown {
  if (literal.startsWith("'")) return literal.slice(1, -1);
  if (literal === 'true' || literal === 'false') return literal === 'true';
  const [digits = '', unit] = literal.replaceAll('_', '').split(' ');
  return Number(digits) * (unit === undefined ? 1 : UNITS[unit]!);
}

describe('the documented default', () => {
  const documented = documentedDefaults();
  const applied = documented.filter(({ type }) => type in APPLIED);

  it('is there for most options that one function resolves', () => {
    expect(applied.length).toBeGreaterThan(50);
  });

  it.each(applied)('of $place is what the code applies: $value', ({ type, option, value }) => {
    expect({ [option]: (APPLIED[type] as Record<string, unknown> | undefined)?.[option] }).toEqual({
      [option]: value,
    });
  });
});
