/** The application in two stream threads: one process, one log, one health report. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Cluster } from '../support/cluster.ts';
import { freePort } from '../support/free-port.ts';
import { kafkaBrokers } from '../support/kafka.ts';
import { RedisServer, redisServerBinary } from '../support/redis-server.ts';
import { AppProcess } from './app-process.ts';

const brokers = await kafkaBrokers();
const redisBinary = redisServerBinary();

describe('the application with NUM_STREAM_THREADS=2', () => {
  it('is live but not ready without its Kafka, tells of both threads, and still ends at once', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    await using app = await AppProcess.start({ KAFKA_BROKERS: address, NUM_STREAM_THREADS: '2' });
    await app.waitFor('a line of each thread', () =>
      ['1', '2'].every((number) => new RegExp(`WARN.*StreamThread-${number}: .*${address}`).test(app.stderr)),
    );
    expect(await app.health('ready')).toMatchObject({
      code: 503,
      body: {
        state: 'rebalancing',
        reason: expect.stringMatching(/do not answer yet/),
        threads: [
          { name: 'StreamThread-1', state: 'rebalancing' },
          { name: 'StreamThread-2', state: 'rebalancing' },
        ],
      },
    });
    expect(await app.health('live')).toMatchObject({ code: 200 });
    expect(app.stderr).not.toMatch(/\n\s+at /);
    app.kill('SIGTERM');
    expect(await app.exited).toEqual({ code: 0, signal: null });
  }, 60_000);

  (redisBinary === undefined ? it.skip : it)(
    'ends with code 1 where no thread can ever run, and its last line says which and why',
    async () => {
      const server = await RedisServer.start(redisBinary!, ['--requirepass', 'secret']);
      try {
        await using app = await AppProcess.start({
          KAFKA_BROKERS: `127.0.0.1:${await freePort()}`,
          REDIS_URL: server.url,
          CONSOLE: 'false',
          NUM_STREAM_THREADS: '2',
        });
        expect(await app.exited).toEqual({ code: 1, signal: null });
        expect(app.stderr.trim().split('\n').at(-1)).toMatch(
          /ERROR.* iot-sensor-analytics cannot go on: StreamThread-\d: .*NOAUTH.*check user and password/,
        );
        expect(app.stderr).not.toMatch(/\n\s+at /);
      } finally {
        await server.stop();
      }
    },
    60_000,
  );
});

(brokers === undefined ? describe.skip : describe)('the same on Kafka', () => {
  it('shows whole tables of both threads, is ready when both run, and ends with code 0 on SIGTERM', async () => {
    const id = `e2e-threads-${randomUUID()}`;
    await using app = await AppProcess.start({
      KAFKA_BROKERS: brokers!,
      NUM_STREAM_THREADS: '2',
      SIMULATE: 'true',
      WINDOW_MS: '1000',
      WATERMARK_DELAY_MS: '200',
      APPLICATION_ID: id,
      INPUT_TOPIC: `${id}-in`,
      OUTPUT_TOPIC: `${id}-out`,
      ALERT_TOPIC: `${id}-alerts`,
      DEAD_LETTER_TOPIC: `${id}-dead`,
    });
    await app.waitFor('tables with all sensors', () =>
      ['sensor-1', 'sensor-2', 'sensor-3'].every((sensor) => app.stdout.includes(`| ${sensor}`)),
    );
    const ready = await app.waitFor('readiness', async () => {
      const answer = await app.health('ready');
      return answer?.code === 200 && answer;
    });
    expect(ready.body['threads']).toEqual([
      { name: 'StreamThread-1', state: 'running' },
      { name: 'StreamThread-2', state: 'running' },
    ]);
    app.kill('SIGTERM');
    expect(await app.exited).toEqual({ code: 0, signal: null });
    expect(app.stderr).not.toMatch(/ERROR|FATAL|\n\s+at /);
    const lines = app.stdout.trimEnd().split('\n').slice(2);
    expect(lines.filter((line) => !/^(\[.*\] Window Results:|\+[-+]+\+|\|.*\|)$/.test(line))).toEqual([]);
    const cluster = await Cluster.connect(brokers!);
    await cluster.removeAll(id);
    await cluster.close();
  }, 90_000);
});
