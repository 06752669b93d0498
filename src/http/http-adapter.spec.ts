import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Body, Controller, Get, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHttpAdapter } from './http-adapter.ts';

@Controller()
class EchoController {
  @Post('echo')
  echo(@Body() body: unknown): unknown {
    return { body };
  }
  @Get('fail')
  fail(): never {
    throw new Error('cannot reach redis://app:s3cret@redis');
  }
}
@Module({ controllers: [EchoController] })
class EchoModule {}

const MAX_BODY_BYTES = 1_000;
const REQUEST_TIMEOUT_MS = 500;

describe('the HTTP server', () => {
  let app: NestFastifyApplication;
  let url: string;
  let port: number;

  beforeAll(async () => {
    const adapter = createHttpAdapter({
      httpMaxBodyBytes: MAX_BODY_BYTES,
      httpMaxConnections: 20,
      httpRequestTimeoutMs: REQUEST_TIMEOUT_MS,
    });
    app = await NestFactory.create<NestFastifyApplication>(EchoModule, adapter, {
      logger: false,
      forceCloseConnections: true,
    });
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
    port = Number(new URL(url).port);
  });
  afterAll(() => app.close());

  const post = (body: string, path = '/echo') =>
    fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });

  /** Sends one byte at a time until the server hangs up; after how long it did. */
  async function drip(head: string, text: string): Promise<number> {
    const socket: Socket = connect(port, '127.0.0.1').on('error', () => {});
    let closed = false;
    socket.once('close', () => (closed = true)).resume();
    socket.write(head);
    const startedMs = performance.now();
    for (const byte of text) {
      if (closed) return performance.now() - startedMs;
      if (socket.writable) socket.write(byte);
      await delay(100);
    }
    socket.destroy();
    return Infinity;
  }

  it('takes what is right', async () => {
    const response = await post('{"a":1}');
    expect([response.status, await response.json()]).toEqual([201, { body: { a: 1 } }]);
  });

  it.each(['/echo', '/no-such-path'])('refuses a body that is too large with 413, at %s', async (path) => {
    const response = await post(JSON.stringify('x'.repeat(MAX_BODY_BYTES)), path);
    expect([response.status, await response.json()]).toEqual([
      413,
      expect.objectContaining({ statusCode: 413 }),
    ]);
  });

  it('refuses a body that is no JSON with 400, without a stack', async () => {
    const response = await post('{"a":');
    expect(response.status).toBe(400);
    expect(await response.text()).not.toMatch(/\bat .*\.[jt]s|node_modules/);
  });

  it('refuses headers that are too large with 431', async () => {
    const response = await fetch(url, { headers: { 'x-large': 'x'.repeat(10_000) } });
    expect(response.status).toBe(431);
  });

  it('tells nothing of what failed inside', async () => {
    const response = await fetch(`${url}/fail`);
    expect([response.status, await response.json()]).toEqual([
      500,
      { statusCode: 500, message: 'Internal server error' },
    ]);
  });

  it.each([
    ['headers', 'GET /echo HTTP/1.1\r\nHost: a\r\nX-Slow: '],
    [
      'body',
      'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n',
    ],
  ])(
    'cuts off a client that sends its %s byte by byte',
    async (_, head) => {
      expect(await drip(head, 'x'.repeat(80))).toBeLessThan(REQUEST_TIMEOUT_MS + 4_000);
    },
    20_000,
  );

  it('is there for others meanwhile', async () => {
    const slow = Array.from({ length: 10 }, () => drip('GET / HTTP/1.1\r\nX: ', 'x'.repeat(20)));
    const response = await post('[]');
    expect(response.status).toBe(201);
    await Promise.all(slow);
  }, 20_000);
});
