import { afterEach, expect, it, jest } from '@jest/globals';
import { Scenario } from './scenario.ts';
import { RECORDS, describeOnServices, services } from './services.ts';

jest.setTimeout(300_000);

describeOnServices('input of other producers', () => {
  let scenario: Scenario;
  afterEach(() => scenario.close());

  it.each([
    ['short transactions', 50],
    ['transactions longer than a fetch', 20_000],
  ])(
    'never lets an aborted record through, whatever the codec and the script of its names: %s',
    async (_, perTransaction) => {
      scenario = await Scenario.open({ ...services, emit: 'updates' });
      const written = await scenario.produce<{ committed: number; aborted: number }>('Foreign', {
        records: RECORDS,
        'per-transaction': perTransaction,
      });
      expect(written.aborted).toBeGreaterThan(RECORDS / 4);
      const app = await scenario.startApp();
      await scenario.waitForCommitted(app);

      expect(await scenario.verdict()).toMatchObject({
        exact: true,
        readings: written.committed,
        faults: {},
      });
      expect(await scenario.deadLettered()).toEqual([]);
    },
  );
});
