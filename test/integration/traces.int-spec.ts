/** An event's way through Kafka, a repartition topic and two tasks, as a real tracing backend has it. */
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { json, string, StreamsApp, StreamsBuilder, topic } from '@hiveframe/streams';
import { kafkajs as kafkaLog } from '@hiveframe/streams-kafkajs';
import { startTelemetry, type StartedTelemetry } from '@hiveframe/streams-otel';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { Cluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { jaegerBinary, JaegerServer, type JaegerSpan } from '../support/jaeger.ts';
import { kafkaBrokers } from '../support/kafka.ts';

interface Order {
  readonly customer: string;
}
const brokers = await kafkaBrokers();
const binary = brokers === undefined ? undefined : jaegerBinary();

(binary === undefined ? describe.skip : describe)('traces in a Jaeger', () => {
  const id = `traces-${randomUUID()}`;
  const orders = topic(`${id}-orders`, { key: string(), value: json<Order>() });
  const byCustomer = topic(`${id}-by-customer`, { key: string(), value: json<Order>() });
  const counts = topic(`${id}-counts`, { key: string(), value: json<number | null>() });
  let jaeger: JaegerServer;
  let started: StartedTelemetry;
  let app: StreamsApp | undefined;

  beforeAll(async () => {
    jaeger = await JaegerServer.start(binary!);
    started = startTelemetry({
      resource: { 'service.name': id },
      otlpTraces: true,
      otlpEndpoint: jaeger.otlpEndpoint,
    });
  }, 60_000);
  afterEach(async () => {
    await app?.stop();
  });
  afterAll(async () => {
    await started?.shutdown();
    await jaeger?.stop();
    const cluster = await Cluster.connect(brokers!);
    await cluster.removeAll(id);
    await cluster.close();
  }, 60_000);

  async function run(): Promise<void> {
    const builder = new StreamsBuilder();
    const rekeyed = builder
      .stream(orders)
      .selectKey(({ customer }) => customer)
      .repartition({ name: 'by-customer' });
    rekeyed.to(byCustomer);
    rekeyed.groupByKey({ name: 'per-customer' }).count().toStream().to(counts);
    const log = kafkaLog({ brokers: brokers!.split(',') });
    await log.connect();
    await log.admin.create(
      [orders, byCustomer, counts].map(({ name }) => ({ topic: name, numPartitions: 2 })),
    );
    app = new StreamsApp(builder.build(), {
      applicationId: id,
      log,
      processingGuarantee: 'exactly_once',
      tracing: started.tracing!,
    });
    await app.start();
  }

  async function produce(traceparent: string): Promise<void> {
    const client = new Kafka({ brokers: brokers!.split(','), logLevel: logLevel.NOTHING });
    const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    const message = { key: 'o1', value: JSON.stringify({ customer: 'ann' }), headers: { traceparent } };
    await producer.send({ topic: orders.name, messages: [message] });
    await producer.disconnect();
  }

  const tagOf = ({ tags }: JaegerSpan, name: string) => tags.find(({ key }) => key === name)?.value;
  const parentOf = ({ references }: JaegerSpan) =>
    references.find(({ refType }) => refType === 'CHILD_OF')?.spanID;

  it('have a record of Kafka in one trace from its writer through the repartition topic', async () => {
    const traceId = randomBytes(16).toString('hex');
    const writerSpanId = randomBytes(8).toString('hex');
    await run();
    await produce(`00-${traceId}-${writerSpanId}-01`);
    const spans = await eventually('both tasks’ spans are in Jaeger', async () => {
      const found = await jaeger.trace(traceId);
      return found.length >= 2 && found;
    });
    expect(spans.map(({ operationName }) => operationName).sort((a, b) => a.localeCompare(b))).toEqual([
      `process ${id}-by-customer-repartition`,
      `process ${id}-orders`,
    ]);
    const [second, first] = spans.toSorted((a, b) => a.operationName.localeCompare(b.operationName));
    expect(parentOf(first!)).toBe(writerSpanId);
    expect(parentOf(second!)).toBe(first!.spanID);
    expect(tagOf(second!, 'messaging.consumer.group.name')).toBe(id);

    const batches = await eventually('the batches are there too', async () => {
      const found = (await jaeger.tracesOf(id)).filter(({ operationName }) =>
        operationName.startsWith('process task'),
      );
      const linked = found.flatMap(({ references }) => references.map(({ spanID }) => spanID));
      return linked.includes(first!.spanID) && linked.includes(second!.spanID) && found;
    });
    expect(
      batches.every((batch) => typeof tagOf(batch, 'messaging.batch.message_count') !== 'undefined'),
    ).toBe(true);
  }, 90_000);
});
