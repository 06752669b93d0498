import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { limitHttpServer } from './http-limits.ts';

describe('limitHttpServer', () => {
  let server: Server;
  const sockets: Socket[] = [];

  beforeEach(() => {
    server = createServer({ connectionsCheckingInterval: 50 }, (request, response) => {
      request.resume().on('end', () => response.end('done'));
    });
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  async function listening(): Promise<number> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }
  function open(port: number): Socket {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    sockets.push(socket);
    return socket;
  }
  /** Sends a byte now and then until the server has closed the connection; how many it took. */
  async function drip(socket: Socket, text: string): Promise<number> {
    let closed = false;
    socket.once('close', () => (closed = true)).resume();
    for (let sent = 0; sent < text.length; sent++) {
      if (closed) return sent;
      if (socket.writable) socket.write(text[sent]!);
      await delay(20);
    }
    return Infinity;
  }

  it('cuts off a client that sends its headers byte by byte', async () => {
    limitHttpServer(server, { headersTimeoutMs: 200, requestTimeoutMs: 400 });
    const headers = `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(200)}`;
    expect(await drip(open(await listening()), headers)).toBeLessThan(headers.length);
  });

  it('cuts off a client that sends its body byte by byte', async () => {
    limitHttpServer(server, { headersTimeoutMs: 300, requestTimeoutMs: 300 });
    const socket = open(await listening());
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n');
    expect(await drip(socket, 'x'.repeat(200))).toBeLessThan(200);
  });

  it('closes a connection that asks for nothing more', async () => {
    limitHttpServer(server, { keepAliveTimeoutMs: 50 });
    const socket = open(await listening());
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    socket.resume();
    await once(socket, 'close');
  });

  it('closes connections beyond its number', async () => {
    limitHttpServer(server, { maxConnections: 1 });
    const port = await listening();
    await once(open(port), 'connect');
    const second = open(port);
    second.resume();
    await once(second, 'close');
  });

  it('takes the next request after all that', async () => {
    limitHttpServer(server);
    const response = await fetch(`http://127.0.0.1:${await listening()}/`);
    expect(await response.text()).toBe('done');
  });
});
