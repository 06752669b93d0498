import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { LogPort } from '@hiveframe/streams';
import { until } from '../test/fake-broker.ts';
import { kafkajs } from './kafka-log.ts';

let lines: string[];
let log: LogPort;
const logger = {
  log: (level: string, text: string) => void (level === 'debug' || lines.push(`${level} ${text}`)),
};
beforeEach(() => {
  lines = [];
});
afterEach(() => log.close(100));

/** A port that nobody listens on any more. */
async function closedPort(): Promise<number> {
  const server = await listening();
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
async function listening(): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => {}));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

describe('connect', () => {
  it('tries again and again where no broker is, with one line a try, until it is told to stop', async () => {
    const port = await closedPort();
    log = kafkajs({ brokers: [`127.0.0.1:${port}`, `localhost:${port}`], logger });
    const stop = new AbortController();
    const connecting = log.connect(stop.signal);
    await until(() => lines.length === 2);
    stop.abort();
    await expect(connecting).rejects.toMatchObject({ failure: { kind: 'unavailable' } });
    for (const line of lines) {
      expect(line).toMatch(
        new RegExp(
          `^warn Cannot reach Kafka at 127.0.0.1:${port}, localhost:${port}: connect ECONNREFUSED .*; trying again in \\d\\.\\d s\\.$`,
        ),
      );
    }
  });

  it('gives up a broker that takes the connection and says nothing', async () => {
    const silent = await listening();
    const { port } = silent.address() as AddressInfo;
    log = kafkajs({
      brokers: [`127.0.0.1:${port}`],
      logger,
      connectionTimeoutMs: 100,
      requestTimeoutMs: 100,
    });
    const stop = new AbortController();
    const connecting = log.connect(stop.signal);
    await until(() => lines.length === 1);
    stop.abort();
    await expect(connecting).rejects.toThrow('timed out');
    silent.close();
  });
});

describe('close', () => {
  it('ends what is under way, at once where nothing can be done in order', async () => {
    log = kafkajs({ brokers: [`127.0.0.1:${await closedPort()}`], logger });
    const asking = log.admin.describe(['a']).catch((error: Error) => error.message);
    const startedMs = performance.now();
    await log.close(1_000);
    expect(performance.now() - startedMs).toBeLessThan(9_000);
    expect(await asking).toContain('Cannot describe a');
  });
});
