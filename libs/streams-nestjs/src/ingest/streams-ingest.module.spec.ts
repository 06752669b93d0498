/** Over real HTTP, on both platforms, into the embedded log. */
import { once } from 'node:events';
import { request, type ClientRequest } from 'node:http';
import { json, string, topic, type StreamsBuilder } from '@hiveframe/streams';
import { embedded, type EmbeddedLog } from '@hiveframe/streams-embedded';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Injectable,
  Logger,
  UnauthorizedException,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
} from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { IsInt, IsString, Min } from 'class-validator';
import { z } from 'zod';
import { HeldLog } from '../../test/held-log.ts';
import { QuietLogger } from '../../test/quiet-logger.ts';
import { awaitTopic, readTopic } from '../../test/read-topic.ts';
import { StreamTopology } from '../decorators/stream-topology.decorator.ts';
import type { TopologyDefinition } from '../interfaces/topology-definition.interface.ts';
import { StreamsModule } from '../streams.module.ts';
import type { IngestOptions } from './ingest-options.ts';
import { StreamsIngestModule } from './streams-ingest.module.ts';

const Order = z.object({ id: z.string(), amount: z.int().min(0), at: z.number().optional() });
type Order = z.infer<typeof Order>;
const orders = topic('orders', { key: string(), value: json<Order>() });

@StreamTopology()
class CopyTopology implements TopologyDefinition {
  build(builder: StreamsBuilder): void {
    builder.stream(orders).to(topic('copies', { key: string(), value: json<Order>() }));
  }
}
@Injectable()
class ApiKeys {
  readonly known = ['secret'];
}
@Injectable()
class ApiKeyGuard implements CanActivate {
  constructor(private readonly keys: ApiKeys) {}
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    if (this.keys.known.includes(headers['x-api-key'] ?? '')) return true;
    throw new UnauthorizedException();
  }
}
class OrderDto {
  @IsString() id!: string;
  @IsInt() @Min(0) amount!: number;
}

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Record<string, unknown>;
}
const byText = (a: unknown, b: unknown) => String(a).localeCompare(String(b));
const order = (id: string, amount = 1): Order => ({ id, amount });
const lines = (...events: unknown[]) => events.map((event) => `${JSON.stringify(event)}\n`).join('');

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
] as const)('StreamsIngestModule on %s', (_, adapter) => {
  let log: EmbeddedLog;
  let held: HeldLog;
  let nest: INestApplication | undefined;
  let port: number;
  let logger: QuietLogger;

  beforeEach(async () => {
    log = embedded();
    logger = new QuietLogger();
    held = new HeldLog(log);
    await log.admin.create(['orders', 'copies'].map((name) => ({ topic: name, numPartitions: 3 })));
  });
  afterEach(async () => {
    held.letGo();
    await nest?.close();
    nest = undefined;
    Logger.overrideLogger(false);
  });

  async function serve(
    options: Partial<IngestOptions<Order, string>> = {},
    autoStart = false,
  ): Promise<void> {
    const module = await Test.createTestingModule({
      imports: [
        StreamsModule.forRoot({ applicationId: 'shop', log: held.port, autoStart, commitIntervalMs: 5 }),
        StreamsIngestModule.register({
          path: 'orders',
          topic: orders,
          schema: Order,
          key: ({ id }) => id,
          ...options,
        }),
      ],
      providers: [CopyTopology],
    })
      .setLogger(logger)
      .compile();
    nest = module.createNestApplication(adapter());
    await nest.listen(0, '127.0.0.1');
    port = (nest.getHttpServer().address() as { port: number }).port;
  }

  function open(contentType: string, headers: Record<string, string> = {}): ClientRequest {
    const method = 'POST';
    const all = { 'content-type': contentType, ...headers };
    const sent = request({ host: '127.0.0.1', port, path: '/orders', method, headers: all, agent: false });
    sent.on('error', () => undefined);
    return sent;
  }
  async function answerOf(sent: ClientRequest): Promise<Answer> {
    const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
    const text = (await response.setEncoding('utf8').toArray()).join('');
    return { status: response.statusCode!, body: JSON.parse(text), headers: response.headers };
  }
  function post(body: string, contentType: string, headers?: Record<string, string>): Promise<Answer> {
    const sent = open(contentType, headers);
    sent.end(body);
    return answerOf(sent);
  }
  const postJson = (body: unknown, headers?: Record<string, string>) =>
    post(JSON.stringify(body), 'application/json', headers);
  const postLines = (...events: unknown[]) => post(lines(...events), 'application/x-ndjson');
  const written = async () => (await readTopic(log, 'orders')).map(({ value }) => value);
  const ids = async () => (await readTopic(log, 'orders')).map(({ key }) => key).sort(byText);

  it('answers 202 for an event that is in the log, with its key and time', async () => {
    await serve({ timestampMs: ({ at }) => at ?? 0 });
    const answer = await postJson({ id: 'a', amount: 3, at: 1_234 });
    expect(answer).toMatchObject({ status: 202, body: { accepted: 1 } });
    expect(await readTopic(log, 'orders')).toEqual([
      expect.objectContaining({ key: 'a', value: { id: 'a', amount: 3, at: 1_234 }, timestampMs: 1_234 }),
    ]);
  });

  it('does not answer before the log has committed', async () => {
    await serve();
    held.outcomes.push('held');
    let answered = false;
    const answer = postJson(order('a')).finally(() => (answered = true));
    while (held.numHeld === 0) await new Promise(setImmediate);
    expect([answered, await written()]).toEqual([false, []]);
    held.letGo();
    expect((await answer).status).toBe(202);
  });

  it('writes an array whole, over all partitions, or refuses it with the reasons and writes nothing', async () => {
    await serve();
    const many = Array.from({ length: 50 }, (_, n) => order(`o${n}`));
    expect((await postJson(many)).body).toEqual({ accepted: 50 });
    expect((await readTopic(log, 'orders')).map(({ partition }) => partition)).toEqual(
      expect.arrayContaining([0, 1, 2]),
    );
    const refused = await postJson([order('x'), { id: 'y', amount: -1 }, { amount: 'z' }]);
    expect(refused).toMatchObject({
      status: 400,
      body: {
        message: '2 of 3 events are not valid; none was written',
        errors: [
          { index: 1, issues: [{ path: 'amount' }] },
          { index: 2, issues: [{ path: 'id' }, { path: 'amount' }] },
        ],
      },
    });
    expect(await written()).toHaveLength(50);
  });

  it('writes an array whole or not at all when the log fails in the middle', async () => {
    await serve({ timeoutMs: 60 });
    held.outcomes.push('aborted', 'away', 'away', 'away', 'away');
    const answer = await postJson([order('a'), order('b'), order('c')]);
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    expect(await written()).toEqual([]);
  });

  it('writes again what was aborted, within its time', async () => {
    await serve();
    held.outcomes.push('aborted', 'away');
    expect((await postJson([order('a'), order('b')])).status).toBe(202);
    expect(await ids()).toEqual(['a', 'b']);
  });

  it('says so when nobody knows whether it was written', async () => {
    await serve();
    held.outcomes.push('unknown');
    const answer = await postJson(order('a'));
    expect(answer).toMatchObject({ status: 503, body: { message: /all of them, or none.*Idempotency-Key/ } });
    expect((await postJson(order('b'))).status).toBe(202); // goes on
  });

  it('writes lines as they come, before the body is over', async () => {
    await serve();
    const sent = open('application/x-ndjson');
    sent.write(lines(order('a'), order('b')) + '{"id":"c",');
    expect(await awaitTopic(log, 'orders', 2)).toHaveLength(2);
    sent.end('"amount":1}\n\n' + lines(order('d')).trim());
    expect(await answerOf(sent)).toMatchObject({ status: 202, body: { accepted: 4 } });
    expect(await ids()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('stops at the first line that is not valid, and says how many are in the log', async () => {
    await serve();
    const answer = await postLines(order('a'), order('b'), { id: 1 }, order('d'));
    expect(answer).toMatchObject({ status: 400, body: { accepted: 2, errors: [{ line: 3 }] } });
    expect(await ids()).toEqual(['a', 'b']);
    expect((await post('{', 'application/x-ndjson')).body).toMatchObject({
      accepted: 0,
      errors: [{ line: 1, issues: [{ message: expect.stringMatching(/^is not JSON/) }] }],
    });
  });

  it('refuses a line that is no UTF-8, whose letters would be replaced', async () => {
    await serve();
    const sent = open('application/x-ndjson');
    sent.write(lines(order('a'), order('ü')));
    sent.end(Buffer.from(lines(order('\xfc')), 'latin1'));
    expect(await answerOf(sent)).toMatchObject({
      status: 400,
      body: { accepted: 2, errors: [{ line: 3, issues: [{ message: 'is no UTF-8' }] }] },
    });
    expect(await ids()).toEqual(['a', 'ü']);
  });

  it('keeps what was accepted of a stream that breaks off, and goes on with others', async () => {
    await serve();
    const sent = open('application/x-ndjson');
    sent.write(lines(order('a'), order('b')) + '{"id":"c",');
    await awaitTopic(log, 'orders', 2);
    sent.destroy();
    expect((await postJson(order('z'))).status).toBe(202);
    expect(await ids()).toEqual(['a', 'b', 'z']);
    expect(logger.lines.filter((line) => line.startsWith('error'))).toEqual([]);
  });

  it('answers 413 beyond its limits, and writes nothing', async () => {
    await serve({ maxBatchEvents: 2, maxEventBytes: 100 });
    expect((await postJson([order('a'), order('b'), order('c')])).status).toBe(413);
    expect((await postJson([order('a'), order('x'.repeat(200))])).status).toBe(413);
    expect(await postLines(order('x'.repeat(200)))).toMatchObject({ status: 413, body: { accepted: 0 } });
    expect(await written()).toEqual([]);
  });

  it('answers 429 while too much waits for the log, and takes events again after', async () => {
    await serve({ maxInFlightBytes: 1_000 });
    held.outcomes.push('held');
    const first = postJson(order('a'.repeat(700)));
    while (held.numHeld === 0) await new Promise(setImmediate);
    const refused = await postJson(order('b'));
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1']);
    held.letGo();
    expect((await first).status).toBe(202);
    expect((await postJson(order('c'))).status).toBe(202);
    expect(await written()).toHaveLength(2);
  });

  it('answers 503 while the log is away, and takes events again when it is back', async () => {
    await serve({ timeoutMs: 400 });
    held.isAway = true;
    const away = await postJson(order('a'));
    expect(away).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(away.body['message']).toMatch(/Nothing was written.*Cannot reach the brokers/);
    held.isAway = false;
    expect((await postJson(order('b'))).status).toBe(202);
    expect(await ids()).toEqual(['b']);
  });

  it('answers 503 while its topic does not exist', async () => {
    await serve({ topic: { ...orders, name: 'later' }, timeoutMs: 400 });
    expect((await postJson(order('a'))).body['message']).toMatch(/topic later: it does not exist/);
    await log.admin.create([{ topic: 'later', numPartitions: 1 }]);
    expect((await postJson(order('a'))).status).toBe(202);
  });

  it.each([1.5, -1, 1e300])(
    'answers 400 for an event at %d ms, and writes those of others meanwhile',
    async (at) => {
      await serve({ timestampMs: (event) => event.at ?? 0, timeoutMs: 400 });
      const [refused, other] = await Promise.all([
        postJson({ ...order('a'), at }),
        postJson({ ...order('b'), at: 5 }),
      ]);
      expect(refused).toMatchObject({
        status: 400,
        body: { errors: [{ index: 0, issues: [{ message: expect.stringMatching(/whole number/) }] }] },
      });
      expect(other.status).toBe(202);
      expect(await ids()).toEqual(['b']);
    },
  );

  it('answers 415 for what is neither', async () => {
    await serve();
    expect((await post('a,b', 'text/csv')).status).toBe(415);
  });

  it('takes no body for an event that the platform has not read', async () => {
    await serve({ schema: z.any() as never, key: () => 'a' });
    expect((await post('{"id":"a"}', 'application/cloudevents+json')).status).toBe(415);
    expect(await written()).toEqual([]);
  });

  it('is guarded as any controller: 401, and nothing is written', async () => {
    await serve({ decorators: [UseGuards(ApiKeyGuard)], providers: [ApiKeys, ApiKeyGuard] });
    expect((await postJson(order('a'))).status).toBe(401);
    expect((await postLines(order('a'))).status).toBe(401);
    expect((await postJson(order('b'), { 'x-api-key': 'secret' })).status).toBe(202);
    expect(await ids()).toEqual(['b']);
  });

  it('validates by a class with decorators too', async () => {
    await serve({ schema: OrderDto });
    const refused = await postJson([order('a'), { id: 'b', amount: -1 }]);
    expect(refused).toMatchObject({
      status: 400,
      body: { errors: [{ index: 1, issues: [{ message: 'amount must not be less than 0' }] }] },
    });
    expect((await postJson(order('a'))).status).toBe(202);
  });

  it('sends the Idempotency-Key along, with the place of each event', async () => {
    await serve();
    await postJson([order('a'), order('b')], { 'idempotency-key': 'k-1' });
    const records = await readTopic(log, 'orders');
    expect(records.map(({ key, headers }) => [key, headers]).sort(byText)).toEqual([
      ['a', { 'idempotency-key': 'k-1', 'idempotency-index': '0' }],
      ['b', { 'idempotency-key': 'k-1', 'idempotency-index': '1' }],
    ]);
    expect((await postJson(order('c'), { 'idempotency-key': 'has spaces' })).status).toBe(400);
  });

  it('acknowledges what is under way before it shuts down', async () => {
    await serve({}, true);
    held.outcomes.push('held');
    const answer = postJson(order('a'));
    while (held.numHeld === 0) await new Promise(setImmediate);
    const closing = nest!.close();
    await new Promise(setImmediate);
    held.letGo();
    expect((await answer).status).toBe(202);
    await closing;
    nest = undefined;
  });
});
