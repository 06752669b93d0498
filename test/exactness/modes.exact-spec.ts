import { afterEach, expect, it, jest } from '@jest/globals';
import { Scenario } from './scenario.ts';
import { RECORDS, describeOnServices, services } from './services.ts';

jest.setTimeout(300_000);

describeOnServices('exactly_once without a fault', () => {
  let scenario: Scenario;
  afterEach(() => scenario.close());

  it.each(['final', 'updates'] as const)(
    'writes exactly what the input demands, emitting %s',
    async (emit) => {
      scenario = await Scenario.open({ ...services, emit });
      await scenario.generate(RECORDS);
      const app = await scenario.startApp();
      await scenario.waitForCommitted(app);

      expect(await scenario.verdict()).toMatchObject({ exact: true, readings: RECORDS, faults: {} });
      expect(await scenario.deadLettered()).toEqual([]);
      expect(await app.stop()).toEqual({ code: 0, signal: null });
    },
  );
});
