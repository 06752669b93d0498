import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { Scenario } from './scenario.ts';
import { RECORDS, describeOnServices, services } from './services.ts';

jest.setTimeout(300_000);

/** So slow that a fault lands in the middle of the input, so fast that the application is under load. */
const RATE = 40_000;
const STOP_DEADLINE_MS = 30_000;

describeOnServices.each(['final', 'updates'] as const)('exactly_once, emitting %s', (emit) => {
  let scenario: Scenario;
  beforeEach(async () => {
    scenario = await Scenario.open({ ...services, emit });
  });
  afterEach(() => scenario.close());

  const expectExact = async () =>
    expect(await scenario.verdict()).toMatchObject({ exact: true, readings: RECORDS, faults: {} });

  it('loses and repeats nothing when the application is killed and started again', async () => {
    const generator = scenario.startGenerating(RECORDS, RATE);
    const first = await scenario.startApp();
    const atKill = await scenario.waitForCommitted(first, { records: RECORDS * 0.4 });
    first.kill('SIGKILL');
    expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' });
    expect(atKill.committed).toBeLessThan(RECORDS);

    const second = await scenario.startApp();
    await generator.exited;
    await scenario.waitForCommitted(second);
    await expectExact();
  });

  it('loses and repeats nothing when it is killed again and again, also while it takes over', async () => {
    const generator = scenario.startGenerating(RECORDS, RATE);
    for (const share of [0.15, 0.3, 0.45, 0.6]) {
      const app = await scenario.startApp();
      await scenario.waitForCommitted(app, { records: RECORDS * share });
      app.kill('SIGKILL');
      await app.exited;
      const early = await scenario.startApp();
      await eventually('it is starting', () => early.lines.length > 0);
      early.kill('SIGKILL');
      await early.exited;
    }
    const last = await scenario.startApp();
    await generator.exited;
    await scenario.waitForCommitted(last);
    await expectExact();
  });

  it('loses and repeats nothing when one of two instances is killed', async () => {
    const [killed, left] = [await scenario.startApp(), await scenario.startApp()];
    await Promise.all([killed.waitUntilReady(), left.waitUntilReady()]);
    const generator = scenario.startGenerating(RECORDS, RATE);
    const atKill = await scenario.waitForCommitted(killed, { records: RECORDS * 0.4 });
    killed.kill('SIGKILL');
    expect(atKill.committed).toBeLessThan(RECORDS);

    await generator.exited;
    await scenario.waitForCommitted(left);
    await expectExact();
  });

  it('loses and repeats nothing when it is asked to stop under load, and stops in time with code 0', async () => {
    const generator = scenario.startGenerating(RECORDS, RATE);
    const first = await scenario.startApp();
    const atStop = await scenario.waitForCommitted(first, { records: RECORDS * 0.4 });
    expect(atStop.committed).toBeLessThan(RECORDS);
    expect(await first.stop(STOP_DEADLINE_MS)).toEqual({ code: 0, signal: null });

    const second = await scenario.startApp();
    await generator.exited;
    await scenario.waitForCommitted(second);
    await expectExact();
  });
});
