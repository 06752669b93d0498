import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startKafka } from '@hiveframe/streams-testing/containers';
import { setTimeout as delay } from 'node:timers/promises';
import type { ReferenceApp } from '../support/reference-app.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { whyNoContainers } from '../support/service.ts';
import { Scenario } from './scenario.ts';
import { RECORDS, describeOnServices, services } from './services.ts';

jest.setTimeout(300_000);

const RATE = 20_000;
const OUTAGE_MS = 10_000;

/** Lines that begin a stack trace frame. */
const stackFrames = (app: ReferenceApp) => app.lines.filter((line) => /^\s+at .+:\d+:\d+/.test(line));
const says = (app: ReferenceApp, pattern: RegExp) => app.lines.some((line) => pattern.test(line));

describeOnServices('a service that is not there', () => {
  let kafka: TcpProxy;
  let redis: TcpProxy;
  let scenario: Scenario;

  beforeEach(async () => {
    const { host } = new URL(services.redisUrl);
    kafka = await TcpProxy.create(services.brokers.split(',')[0]);
    redis = await TcpProxy.create(host);
    scenario = await Scenario.open({
      ...services,
      emit: 'updates',
      appServices: { brokers: kafka.address, redisUrl: `redis://${redis.address}` },
    });
  });
  afterEach(async () => {
    await scenario.close();
    await kafka.cut();
    await redis.cut();
  });

  const expectExact = async () =>
    expect(await scenario.verdict()).toMatchObject({ exact: true, readings: RECORDS, faults: {} });

  it.each(['Kafka', 'Redis'] as const)(
    'waits for %s at start, says so without stack traces, and works when it appears',
    async (missing) => {
      await (missing === 'Kafka' ? redis : kafka).restore();
      await scenario.generate(RECORDS);
      const app = await scenario.startApp();
      await eventually(`a line about ${missing}`, () => {
        app.assertRunning();
        return says(app, new RegExp(`cannot (reach|connect).*${missing}`, 'i'));
      });
      await delay(3_000); // long enough for a loop of traces to show
      app.assertRunning();
      expect(await app.isReady()).toBe(false);
      expect(stackFrames(app)).toEqual([]);

      await (missing === 'Kafka' ? kafka : redis).restore();
      await scenario.waitForCommitted(app);
      await expectExact();
    },
  );

  it('loses nothing when Redis is away for a while', async () => {
    await Promise.all([kafka.restore(), redis.restore()]);
    const generator = scenario.startGenerating(RECORDS, RATE);
    const app = await scenario.startApp();
    await scenario.waitForCommitted(app, { records: RECORDS * 0.2 });
    await redis.cut();
    await delay(OUTAGE_MS);
    app.assertRunning();
    await redis.restore();

    await generator.exited;
    await scenario.waitForCommitted(app);
    await expectExact();
    expect(await app.stop()).toEqual({ code: 0, signal: null });
  });

  it('loses nothing when Redis forgets everything, while it runs and before it starts again', async () => {
    await Promise.all([kafka.restore(), redis.restore()]);
    const generator = scenario.startGenerating(RECORDS, RATE);
    const first = await scenario.startApp();
    await scenario.waitForCommitted(first, { records: RECORDS * 0.2 });
    expect(await scenario.forgetState()).toBeGreaterThan(0);
    await scenario.waitForCommitted(first, { records: RECORDS * 0.5 });
    await first.stop();
    expect(await scenario.forgetState()).toBeGreaterThan(0);

    const second = await scenario.startApp();
    await generator.exited;
    await scenario.waitForCommitted(second);
    await expectExact();
  });
});

const noContainers = await whyNoContainers();
if (noContainers !== undefined)
  process.stderr.write(`NOT RUN: loss of Kafka while running: ${noContainers}\n`);

/** Kafka tells its clients where to come: only a broker of our own can tell them to come through a proxy. */
(noContainers === undefined && services.redisUrl !== '' ? describe : describe.skip)(
  'Kafka lost while running',
  () => {
    it('makes the application wait, and loses nothing', async () => {
      const proxy = await TcpProxy.create();
      const kafka = await startKafka({ advertisedAddress: proxy.address });
      proxy.pointTo(kafka.address);
      await proxy.restore();
      const scenario = await Scenario.open({ ...services, brokers: proxy.address, emit: 'final' });
      try {
        await scenario.generate(RECORDS);
        const app = await scenario.startApp();
        await scenario.waitForCommitted(app, { records: 1, everyMs: 10 });
        await proxy.cut();
        await delay(OUTAGE_MS);
        app.assertRunning();
        await proxy.restore();

        await scenario.waitForCommitted(app);
        expect(await scenario.verdict()).toMatchObject({ exact: true, readings: RECORDS, faults: {} });
      } finally {
        await scenario.close();
        await proxy.cut();
        await kafka.stop();
      }
    });
  },
);
