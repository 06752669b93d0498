import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Scenario } from './scenario.ts';
import { RECORDS, describeOnServices, services } from './services.ts';

jest.setTimeout(300_000);

/** As in crashes.exact-spec.ts. */
const RATE = 40_000;
const THREADS = { NUM_STREAM_THREADS: '2' };

describeOnServices('exactly_once, in two threads', () => {
  let scenario: Scenario;
  beforeEach(async () => {
    scenario = await Scenario.open({ ...services, emit: 'updates' });
  });
  afterEach(() => scenario.close());

  it('loses and repeats nothing when it is killed, stopped, and goes on in one thread', async () => {
    const generator = scenario.startGenerating(RECORDS, RATE);
    const killed = await scenario.startApp(THREADS);
    await scenario.waitForCommitted(killed, { records: RECORDS * 0.3 });
    killed.kill('SIGKILL');
    await killed.exited;

    const stopped = await scenario.startApp(THREADS);
    await scenario.waitForCommitted(stopped, { records: RECORDS * 0.6 });
    expect(await stopped.stop(30_000)).toEqual({ code: 0, signal: null });

    const last = await scenario.startApp();
    await generator.exited;
    await scenario.waitForCommitted(last);
    expect(await scenario.verdict()).toMatchObject({ exact: true, readings: RECORDS, faults: {} });
  });
});
