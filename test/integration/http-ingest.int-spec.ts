/** HTTP ingest on a Kafka that goes away again and again, with clients that break off and send again. What was answered 202 is in the
 *  topic; what was answered "not written" is not; an array is there whole or not at all; and behind `withoutRepeats` every event is
 *  there once, however often it was sent. Read by Kafka's own consumer. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { json, string, topic, type LogPort, type StreamsBuilder } from '@hiveframe/streams';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import {
  StreamsHealth,
  StreamsIngestModule,
  StreamsModule,
  StreamTopology,
  withoutRepeats,
  type TopologyDefinition,
} from '@hiveframe/streams-nestjs';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { z } from 'zod';
import { dumpTopic } from '../support/dump.ts';
import { eventually } from '../support/eventually.ts';
import { KafkaCluster } from '../support/kafka-cluster.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

jest.setTimeout(240_000);

const script = KafkaCluster.script();
const NUM_EVENTS = 1_000;
const OUTAGE_MS = 3_000;
const run = randomUUID().slice(0, 8);
const Order = z.object({ id: z.string() });
type Order = z.infer<typeof Order>;
const orders = topic(`orders-${run}`, { key: string(), value: json<Order>() });
const unique = topic(`unique-${run}`, { key: string(), value: json<Order>() });

@StreamTopology()
class UniqueOrders implements TopologyDefinition {
  build(builder: StreamsBuilder): void {
    withoutRepeats(builder.stream(orders), { name: 'orders-once', retentionMs: 3_600_000 }).to(unique);
  }
}

interface Answer {
  readonly status: number;
  readonly body: { readonly accepted?: number; readonly message?: string };
}
type Send = () => Promise<Answer>;

(script === undefined ? describe.skip : describe)('HTTP ingest', () => {
  let proxy: TcpProxy;
  let cluster: KafkaCluster;
  let admin: LogPort;
  let nest: INestApplication;
  let port: number;

  beforeAll(async () => {
    proxy = await TcpProxy.create();
    const settings = { 'advertised.listeners': `PLAINTEXT://${proxy.address}` };
    cluster = await KafkaCluster.start(script!, 1, { settings });
    proxy.pointTo(cluster.brokers[0]!);
    await proxy.restore();
    admin = kafkajs({ brokers: [proxy.address] });
    await admin.connect();
    await admin.admin.create([orders, unique].map(({ name }) => ({ topic: name, numPartitions: 3 })));
    const module = await Test.createTestingModule({
      imports: [
        StreamsModule.forRoot({
          applicationId: `ingest-${run}`,
          log: kafkajs({ brokers: [proxy.address], requestTimeoutMs: 2_000 }),
          processingGuarantee: 'exactly_once',
        }),
        StreamsIngestModule.register({
          path: 'orders',
          topic: orders,
          schema: Order,
          key: ({ id }) => id,
          timeoutMs: 2_000,
        }),
      ],
      providers: [UniqueOrders],
    }).compile();
    nest = module.createNestApplication(new FastifyAdapter(), { logger: ['fatal'] });
    await nest.listen(0, '127.0.0.1');
    port = (nest.getHttpServer().address() as { port: number }).port;
    await eventually('the application runs', () => nest.get(StreamsHealth).ready().status === 'up');
  });
  afterAll(async () => {
    await nest?.close();
    await admin?.close(5_000);
    await proxy?.cut();
    await cluster?.stop();
  });

  function open(contentType: string, key: string | null) {
    const headers = { 'content-type': contentType, ...(key !== null && { 'idempotency-key': key }) };
    return request({ host: '127.0.0.1', port, path: '/orders', method: 'POST', headers, agent: false });
  }
  async function answerOf(sent: ReturnType<typeof open>): Promise<Answer> {
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const text = (await response.setEncoding('utf8').toArray()).join('');
    return { status: response.statusCode!, body: JSON.parse(text) };
  }
  function postJson(body: unknown, key: string | null): Promise<Answer> {
    const sent = open('application/json', key);
    sent.end(JSON.stringify(body));
    return answerOf(sent);
  }
  /** In pieces. One that is to break off hears no answer. */
  async function postLines(events: readonly Order[], key: string, breaksOff: boolean): Promise<Answer> {
    const sent = open('application/x-ndjson', key);
    const answer = answerOf(sent).catch(() => ({ status: 0, body: {} }));
    sent.on('error', () => undefined);
    for (const [index, event] of events.entries()) {
      if (breaksOff && index > events.length / 2) {
        sent.destroy();
        return { status: 0, body: {} };
      }
      sent.write(`${JSON.stringify(event)}\n`);
      if (index % 20 === 0) await delay(150);
    }
    sent.end();
    return answer;
  }
  /** As a client that means it: the same again until it is accepted. How often it had to. */
  async function untilAccepted(send: Send): Promise<number> {
    for (let tries = 1; ; tries++) {
      const { status } = await send();
      if (status === 202) return tries;
      expect([0, 429, 503]).toContain(status);
      await delay(200);
    }
  }
  async function outages(count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      await delay(700);
      await proxy.cut();
      await delay(OUTAGE_MS);
      await proxy.restore();
      await delay(1_500);
    }
  }
  const numbered = (prefix: string, count: number): Order[] =>
    Array.from({ length: count }, (_, n) => ({ id: `${prefix}-${n}` }));
  async function countsIn(name: string): Promise<ReadonlyMap<string, number>> {
    const records = await dumpTopic(proxy.address, name);
    const byId = Map.groupBy(records, ({ key }) => key!.toString());
    return new Map([...byId].map(([id, found]) => [id, found.length]));
  }

  it('keeps what it has answered, through outages of the log and clients that break off', async () => {
    const singles = numbered('single', 300);
    const arrays = Array.from({ length: 10 }, (_, n) => numbered(`array${n}`, 30));
    const streams = Array.from({ length: 4 }, (_, n) => numbered(`stream${n}`, 100));
    const tries: number[] = [];
    /** Sent once, without a key, whatever the answer. */
    const plain: { ids: string[]; answer: Answer }[] = [];

    const sendSingles = async () => {
      for (const event of singles) tries.push(await untilAccepted(() => postJson(event, `k-${event.id}`)));
    };
    const sendArrays = async () => {
      for (const [n, events] of arrays.entries()) {
        tries.push(await untilAccepted(() => postJson(events, `k-array${n}`)));
        await delay(500);
      }
    };
    const sendStream = async (events: readonly Order[], n: number) => {
      await delay(4_000 + 600 * n); // between the outages, and into the second
      let isFirst = true;
      const send = () => {
        const breaksOff = isFirst;
        isFirst = false;
        return postLines(events, `k-stream${n}`, breaksOff);
      };
      tries.push(await untilAccepted(send));
    };
    const sendPlain = async (ended: AbortSignal) => {
      for (let n = 0; !ended.aborted; n++) {
        const events = numbered(`plain${n}`, 5);
        plain.push({ ids: events.map(({ id }) => id), answer: await postJson(events, null) });
        await delay(100);
      }
    };
    const ended = new AbortController();
    const plains = sendPlain(ended.signal);
    await Promise.all([
      outages(3),
      sendSingles(),
      sendArrays(),
      ...streams.map((events, n) => sendStream(events, n)),
    ]);
    ended.abort();
    await plains;

    const ids = [...singles, ...arrays.flat(), ...streams.flat()].map(({ id }) => id);
    expect(ids).toHaveLength(NUM_EVENTS);
    expect(Math.max(...tries)).toBeGreaterThan(1); // else there was nothing to survive
    const written = await countsIn(orders.name);
    expect(ids.filter((id) => !written.has(id))).toEqual([]);

    const statuses = plain.map(({ answer }) => answer.status);
    expect(new Set(statuses)).toEqual(new Set([202, 503]));
    for (const { ids: sent, answer } of plain) {
      const found = sent.map((id) => written.get(id) ?? 0);
      if (answer.status === 202) expect(found).toEqual([1, 1, 1, 1, 1]);
      else if (answer.body.message?.includes('Nothing was written')) expect(found).toEqual([0, 0, 0, 0, 0]);
      else expect(found).toEqual(Array.from({ length: 5 }, () => found[0])); // unknown: all or none
    }

    const passed = plain.flatMap(({ ids: sent }) => sent).filter((id) => written.has(id)).length;
    const counts = await eventually('every event is behind withoutRepeats', async () => {
      const found = await countsIn(unique.name);
      return found.size >= NUM_EVENTS + passed ? found : undefined;
    });
    expect([...counts].filter(([, count]) => count !== 1)).toEqual([]);
    expect(counts.size).toBe(NUM_EVENTS + passed);
    const repeated = [...written.values()].filter((count) => count > 1).length;
    expect(repeated).toBeGreaterThan(20); // of the streams that broke off
    process.stderr.write(
      `ingest: ${tries.length} requests took ${tries.reduce((a, b) => a + b)} tries, ${repeated} events came again; ` +
        `${plain.length} arrays sent once: ${statuses.filter((status) => status === 202).length} accepted\n`,
    );
  });
});
