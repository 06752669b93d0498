/** The real engine by its test driver: what a tracing backend is sent, and what records carry. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SpanStatusCode } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import {
  inMemoryStores,
  json,
  string,
  StreamsBuilder,
  topic,
  type Headers,
  type Logger,
  type StreamsConfig,
} from '@hiveframe/streams';
import { TopologyTestDriver } from '@hiveframe/streams-testing';
import { otelTracing, type OtelTracingOptions } from './otel-tracing.ts';

interface Order {
  readonly customer: string;
}
const orders = topic('orders', { key: string(), value: json<Order>() });
const byCustomer = topic('orders-by-customer', { key: string(), value: json<Order>() });
const counts = topic('counts', { key: string(), value: json<number | null>() });

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SAMPLED = `00-${TRACE_ID}-b7ad6b7169203331-01`;
const UNSAMPLED = `00-${TRACE_ID}-b7ad6b7169203331-00`;
const carrying = (traceparent: string): Headers => [
  ['source', Buffer.from('shop')],
  ['traceparent', Buffer.from(traceparent)],
];

let exporter: InMemorySpanExporter;
let provider: TracerProvider;
let driver: TopologyTestDriver | undefined;
beforeEach(() => {
  exporter = new InMemorySpanExporter();
  provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
});
afterEach(async () => {
  await driver?.[Symbol.asyncDispose]();
  await provider.shutdown();
});

function drive(
  build: (builder: StreamsBuilder) => void,
  { logger, stores, ...options }: OtelTracingOptions & Pick<StreamsConfig, 'logger' | 'stores'> = {},
): TopologyTestDriver {
  const builder = new StreamsBuilder();
  build(builder);
  const tracing = otelTracing({ tracerProvider: provider, ...options });
  driver = new TopologyTestDriver(builder.build(), {
    applicationId: 'shop',
    tracing,
    ...(logger && { logger }),
    ...(stores && { stores }),
  });
  return driver;
}

/** Through a repartition topic, so by two tasks. */
const rekey = (builder: StreamsBuilder) =>
  builder
    .stream(orders)
    .selectKey(({ customer }) => customer)
    .repartition({ name: 'by-customer' })
    .to(byCustomer);

const count = (builder: StreamsBuilder) =>
  builder.stream(orders).groupByKey({ name: 'by-key' }).count().toStream().to(counts);

const pipe = (to: TopologyTestDriver, traceparent: string, numRecords = 1) =>
  to.input(orders).pipeRecords(
    Array.from({ length: numRecords }, () => ({
      key: 'k',
      value: { customer: 'ann' },
      headers: carrying(traceparent),
    })),
  );
const spans = (name: RegExp) => exporter.getFinishedSpans().filter((span) => name.test(span.name));
const textOf = (headers: Headers) =>
  Object.fromEntries(headers.map(([name, value]) => [name, Buffer.from(value!).toString()]));

describe('otelTracing', () => {
  it('follows a sampled record through a repartition topic: a span for each task, each a child of the one before', async () => {
    const to = drive(rekey);
    await pipe(to, SAMPLED);
    const [output] = await to.output(byCustomer).readAll();
    const [first, second] = spans(/^process (orders|shop-by-customer)/);
    expect([first!.name, second!.name]).toEqual(['process orders', 'process shop-by-customer-repartition']);
    expect(first!.parentSpanContext!.spanId).toBe('b7ad6b7169203331');
    expect(second!.parentSpanContext!.spanId).toBe(first!.spanContext().spanId);
    expect(second!.spanContext().traceId).toBe(TRACE_ID);
    expect(textOf(output!.headers)).toEqual({
      source: 'shop',
      traceparent: `00-${TRACE_ID}-${second!.spanContext().spanId}-01`,
    });
    expect(first!.attributes).toMatchObject({
      'messaging.consumer.group.name': 'shop',
      'messaging.destination.name': 'orders',
      'messaging.kafka.offset': 0,
      'hiveframe.streams.task.id': '0_0',
    });
  });

  it('makes one span of a batch, with links to its records, also beyond those that get spans', async () => {
    const to = drive(count, { maxRecordSpans: 2, maxLinks: 3 });
    await pipe(to, SAMPLED, 5);
    expect(spans(/^process orders/)).toHaveLength(2);
    const [batch] = spans(/^process task 0_0/);
    expect(batch!.links.map(({ context }) => context.traceId)).toEqual([TRACE_ID, TRACE_ID, TRACE_ID]);
    expect(batch!.links[2]!.context.spanId).toBe('b7ad6b7169203331');
    expect(batch!.attributes).toMatchObject({
      'messaging.batch.message_count': 5,
      'hiveframe.streams.unlinked_records': 2,
    });
  });

  it('gives what many records became the context of the batch, and a changelog none', async () => {
    const to = drive(count);
    await pipe(to, SAMPLED, 3);
    const [result] = await to.output(counts).readAll();
    const { traceId, spanId } = spans(/^process task/)[0]!.spanContext();
    expect(textOf(result!.headers)).toEqual({ traceparent: `00-${traceId}-${spanId}-01` });
    const changelog = topic('shop-by-key-changelog', { key: string(), value: string() });
    for (const { headers } of await to.output(changelog).readAll()) expect(headers).toEqual([]);
  });

  it('leaves alone what its writer did not sample, and what is no context', async () => {
    const to = drive(rekey);
    await pipe(to, UNSAMPLED);
    await pipe(to, 'nonsense');
    const outputs = await to.output(byCustomer).readAll();
    expect(outputs.map(({ headers }) => textOf(headers)['traceparent'])).toEqual([UNSAMPLED, 'nonsense']);
    expect(spans(/^process (orders|shop-by)/)).toEqual([]);
  });

  it('ends the spans of a commit that failed with its failure; what comes after has spans of its own', async () => {
    let isRefused = true;
    const stores = inMemoryStores();
    const open = stores.open.bind(stores);
    stores.open = async (id, spec) => {
      const partition = await open(id, spec);
      const flush = partition.flush.bind(partition);
      partition.flush = async (writes) => {
        if (!isRefused) return flush(writes);
        isRefused = false;
        return 'gap';
      };
      return partition;
    };
    const to = drive(count, { stores });
    await pipe(to, SAMPLED);
    await to.advanceWallClock(60_000); // the task waits before it is opened again
    await pipe(to, SAMPLED);
    const [failed, ...others] = spans(/^process task 0_0/);
    expect(failed!.status).toMatchObject({
      code: SpanStatusCode.ERROR,
      message: expect.stringMatching(/store/),
    });
    expect(failed!.events.map(({ name }) => name)).toEqual(['exception']);
    expect(others.map(({ status }) => status.code)).toEqual(others.map(() => SpanStatusCode.UNSET));
    const statuses = spans(/^process orders/).map(({ status }) => status.code);
    expect(statuses[0]).toBe(SpanStatusCode.ERROR);
    expect(statuses.slice(1)).toContain(SpanStatusCode.UNSET);
  });

  it('tells task and trace with each line that a processor logs', async () => {
    const lines: unknown[] = [];
    const logger: Logger = { log: (_level, text, fields) => void (text === 'seen' && lines.push(fields)) };
    const to = drive(
      (builder) =>
        builder
          .stream(orders)
          .process({ name: 'log', create: ({ logger: log }) => ({ process: () => log.log('info', 'seen') }) })
          .to(byCustomer),
      { logger },
    );
    await pipe(to, SAMPLED);
    await pipe(to, '00-no-context-01');
    const { traceId, spanId } = spans(/^process orders/)[0]!.spanContext();
    expect(lines).toEqual([{ taskId: '0_0', trace_id: traceId, span_id: spanId }, { taskId: '0_0' }]);
  });
});
