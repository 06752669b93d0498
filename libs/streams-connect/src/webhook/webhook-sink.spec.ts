import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ConfigError, type Clock, type SinkRecord } from '@hiveframe/streams';
import { describeAtLeastOnceSinks, type SinkSample } from '@hiveframe/streams-testing/conformance';
import { retryAfterMs } from './retry-after.ts';
import type { WebhookSinkOptions } from './webhook-options.ts';
import { WebhookSink, webhookSink } from './webhook-sink.ts';

interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
}
interface Received {
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

/** Answers as it is told, in order; then 200. */
class Service {
  readonly received: Received[] = [];
  readonly taken: Received[] = [];
  answers: (Answer | 'hang')[] = [];
  judge: (body: unknown) => number = () => 200;
  isAway = false;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const received = {
          headers: request.headers,
          body: text === '' ? null : (JSON.parse(text) as unknown),
        };
        this.received.push(received);
        const answer = this.answers.shift() ?? { status: this.isAway ? 503 : this.judge(received.body) };
        if (answer === 'hang') return;
        if (answer.status === 200) this.taken.push(received);
        response.writeHead(answer.status, answer.headers).end('because');
      });
    });
  }
  static async start(): Promise<Service> {
    const service = new Service();
    service.#server.listen(0, '127.0.0.1');
    await once(service.#server, 'listening');
    return service;
  }
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }
  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const services: Service[] = [];
const started = async () => {
  const service = await Service.start();
  services.push(service);
  return service;
};
afterEach(() => {
  for (const service of services.splice(0)) service.close();
});

const idsOf = (body: unknown): number[] =>
  (Array.isArray(body) ? body : [body]).map((one) => (one as { value: SinkSample }).value.id);

describe.each([1, 50])('webhook with %i records in a request', (maxBatchRecords) => {
  describeAtLeastOnceSinks('webhook', () => ({
    target: async () => {
      const service = await started();
      service.judge = (body) => (idsOf(body).some((id) => id < 0) ? 422 : 200);
      return {
        impossible: { id: -1, text: 'impossible' },
        sink: () =>
          new WebhookSink<string, SinkSample>({
            url: service.url,
            maxBatchRecords,
            backoffMs: 1,
            retryForMs: 20,
          }),
        ids: async () => service.taken.flatMap(({ body }) => idsOf(body)),
        outage: async () => {
          service.isAway = true;
          return async () => {
            service.isAway = false;
          };
        },
      };
    },
  }));
});

describe('WebhookSink', () => {
  const waits: number[] = [];
  let nowMs = 1_000_000;
  /** Time passes only while somebody waits. */
  const clock: Clock = {
    nowMs: () => nowMs,
    delay: async (ms) => {
      waits.push(ms);
      nowMs += ms;
    },
  };
  afterEach(() => void waits.splice(0));
  const record = (offset: number, value: unknown = offset): SinkRecord<string, unknown> => ({
    key: 'k',
    value,
    timestampMs: 5,
    topic: 'app-webhook-sink',
    partition: 2,
    offset,
  });
  const sinkTo = (service: Service, options: Partial<WebhookSinkOptions<string, unknown>> = {}) =>
    webhookSink<string, unknown>({ url: service.url, clock, ...options });

  it('sends a record with where it comes from, and a key by which the service can tell a repeat', async () => {
    const service = await started();
    const headers = async () => ({ authorization: 'Bearer t' });
    await sinkTo(service, { headers }).write([record(7, { a: 1 })]);
    expect(service.received[0]!.body).toEqual({
      key: 'k',
      value: { a: 1 },
      timestampMs: 5,
      topic: 'app-webhook-sink',
      partition: 2,
      offset: 7,
    });
    expect(service.received[0]!.headers).toMatchObject({
      'content-type': 'application/json',
      'idempotency-key': 'app-webhook-sink-2-7',
      authorization: 'Bearer t',
    });
  });

  it('sends batches as arrays, with a body of its own choice', async () => {
    const service = await started();
    const body = ({ value }: SinkRecord<string, unknown>) => ({ v: value });
    await sinkTo(service, { maxBatchRecords: 2, body }).write([record(1), record(2), record(3)]);
    expect(service.received.map((one) => one.body)).toEqual([[{ v: 1 }, { v: 2 }], [{ v: 3 }]]);
    expect(service.received[0]!.headers['idempotency-key']).toBe('app-webhook-sink-2-1-2');
  });

  it.each([408, 425, 429, 500, 503])(
    'sends again what is answered %i, with growing waits',
    async (status) => {
      const service = await started();
      service.answers = [{ status }, { status }, { status }];
      expect(await sinkTo(service, { backoffMs: 100 }).write([record(1)])).toEqual([]);
      expect(service.received).toHaveLength(4);
      for (const [attempt, waitMs] of waits.entries()) {
        expect(waitMs).toBeGreaterThanOrEqual(50 * 2 ** attempt);
        expect(waitMs).toBeLessThanOrEqual(100 * 2 ** attempt);
      }
    },
  );

  it('waits for as long as the service asks', async () => {
    const service = await started();
    service.answers = [{ status: 429, headers: { 'retry-after': '7' } }];
    await sinkTo(service).write([record(1)]);
    expect(waits).toEqual([7_000]);
  });

  it('leaves it to the task when that is too long', async () => {
    const service = await started();
    service.answers = [{ status: 503, headers: { 'retry-after': '3600' } }];
    await expect(sinkTo(service).write([record(1)])).rejects.toMatchObject({
      failure: 'unavailable',
      message: `POST ${service.url} was answered 503: because`,
    });
    expect(waits).toEqual([]);
  });

  it('rejects what the service will never take, found in halves of a batch', async () => {
    const service = await started();
    service.judge = (body) =>
      (body as { value: unknown }[]).some(({ value }) => value === 'bad') ? 400 : 200;
    const values = ['a', 'bad', 'c', 'd', 'bad'];
    const rejected = await sinkTo(service, { maxBatchRecords: 10 }).write(values.map((v, i) => record(i, v)));
    expect(rejected.map(({ offset }) => offset)).toEqual([1, 4]);
    expect(rejected[0]!.reason.message).toBe(`POST ${service.url} was answered 400: because`);
    const taken = service.taken.flatMap(({ body }) =>
      (body as { value: unknown }[]).map(({ value }) => value),
    );
    expect(taken).toEqual(['a', 'c', 'd']);
  });

  it('begins no request that may still be under way when a sink is given up', async () => {
    const service = await started();
    service.judge = () => {
      nowMs += 30_000;
      return 400;
    };
    const batch = [1, 2, 3, 4].map((offset) => record(offset));
    await expect(sinkTo(service, { maxBatchRecords: 4 }).write(batch)).rejects.toMatchObject({
      failure: 'unavailable',
      message: expect.stringContaining('Cannot send records from offset 3 in time'),
    });
    expect(service.received).toHaveLength(4);
  });

  it('rejects what has no JSON', async () => {
    const service = await started();
    const rejected = await sinkTo(service).write([record(1, 1n), record(2)]);
    expect(rejected.map(({ offset }) => offset)).toEqual([1]);
    expect(service.taken).toHaveLength(1);
  });

  it('ends the application when it has no access, and shows no secret', async () => {
    const service = await started();
    service.answers = [{ status: 401 }];
    const url = new URL(`${service.url}?token=secret`);
    await expect(sinkTo(service, { url }).write([record(1)])).rejects.toMatchObject({
      failure: 'unusable',
      message: `POST ${service.url} was answered 401: because`,
    });
  });

  it.each([301, 302, 303, 307, 308])(
    'follows no %i: the records would be lost on the way, or told to somebody else',
    async (status) => {
      const service = await started();
      service.answers = [{ status, headers: { location: '/moved' } }];
      await expect(sinkTo(service).write([record(1)])).rejects.toMatchObject({
        failure: 'unusable',
        message: `POST ${service.url} was answered ${status}: because`,
      });
      expect(service.received).toHaveLength(1);
    },
  );

  it('lets headers be replaced, however they are written', async () => {
    const service = await started();
    const headers = { 'Content-Type': 'application/cloudevents+json' };
    await sinkTo(service, { headers }).write([record(1)]);
    expect(service.received[0]!.headers['content-type']).toBe('application/cloudevents+json');
  });

  it('reads no more of an answer than it tells', async () => {
    let piecesRead = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (++piecesRead > 1_000) return controller.close();
        controller.enqueue(Buffer.alloc(64 * 1024, 'x'));
      },
    });
    const sink = webhookSink<string, unknown>({
      url: 'http://service.example',
      clock,
      fetch: async () => new Response(endless, { status: 400 }),
    });
    const [rejected] = await sink.write([record(1)]);
    expect(rejected!.reason.message).toBe(
      `POST http://service.example/ was answered 400: ${'x'.repeat(200)}`,
    );
    expect(piecesRead).toBeLessThan(5);
  });

  it('does not wait for an answer for ever', async () => {
    const service = await started();
    service.answers = ['hang'];
    expect(await sinkTo(service, { timeoutMs: 1_000 }).write([record(1)])).toEqual([]);
    expect(service.received).toHaveLength(2);
  });

  it('gives up what is on its way when it is closed', async () => {
    const service = await started();
    service.answers = ['hang'];
    const sink = sinkTo(service);
    const writing = sink.write([record(1)]);
    const failed = expect(writing).rejects.toThrow('the sink is closed');
    await sink.close();
    await failed;
  });

  it('names all faults of its options', () => {
    const declare = () =>
      webhookSink({ url: 'ftp://x', maxBatchRecords: 0, retryForMs: 100_000, timeoutMs: 20_000 });
    expect(declare).toThrow(ConfigError);
    expect(declare).toThrow(
      'url is no http or https URL; maxBatchRecords must be a whole number of 1 or more, is 0; retryForMs and timeoutMs together must be at most 110000, are 120000',
    );
  });
});

describe('retryAfterMs', () => {
  const nowMs = Date.parse('2026-01-30T10:00:00Z');
  it.each([
    [null, null],
    ['120', 120_000],
    ['Fri, 30 Jan 2026 10:00:05 GMT', 5_000],
    ['Fri, 30 Jan 2026 09:00:00 GMT', 0],
    ['soon', null],
  ])('of %s is %s', (header, expected) => {
    expect(retryAfterMs(header, nowMs)).toBe(expected);
  });
});
