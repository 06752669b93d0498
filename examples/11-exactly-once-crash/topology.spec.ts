import { COMMIT_STEPS, TopologyTestDriver, type TopologyTestDriverOptions } from '@hiveframe/streams-testing';
import { describe, expect, it } from '@jest/globals';
import { receipts, topology, transfers } from './topology.ts';

const PEOPLE = ['ann', 'bob', 'cem', 'dee'];

/** Ten transfers, each of one cent to the next person; the application meets its fate while it commits the fourth. */
async function transferTen(driver: TopologyTestDriver, onFourth: () => void, repair: () => Promise<void>) {
  const input = driver.input(transfers);
  for (let n = 0; n < 10; n++) {
    const [from, to] = [PEOPLE[n % 4]!, PEOPLE[(n + 1) % 4]!];
    if (n === 3) onFourth();
    await input.pipe({ from, to, cents: 1 }, { key: `t${n}` });
    if (n === 3) await repair();
  }
}
async function books(driver: TopologyTestDriver) {
  const rows = await driver.keyValueStore<string, number>('balances').all();
  const balances = Object.fromEntries(rows.map(({ key, value }) => [key, value]));
  return { balances, receipts: await driver.output(receipts).size() };
}
const CORRECT = { balances: { ann: -1, bob: 0, cem: 1, dee: 0 }, receipts: 10 };
const CLUSTER: TopologyTestDriverOptions = { numPartitions: 2, numInstances: 2 };

describe.each(COMMIT_STEPS)('before the commit step %s', (step) => {
  it('a crash loses no transfer and books none twice', async () => {
    await using driver = new TopologyTestDriver(topology, { numPartitions: 2 });
    const app = driver.instance();
    await transferTen(
      driver,
      () => app.crashBefore(step),
      () => app.start(),
    );
    expect(await books(driver)).toEqual(CORRECT);
  });

  it('a stall is taken over by another instance, and the one that comes back is refused', async () => {
    await using driver = new TopologyTestDriver(topology, CLUSTER);
    for (const instance of driver.instances) instance.freezeBefore(step);
    const frozen = () => driver.instances.filter(({ state }) => state === 'frozen');
    await transferTen(
      driver,
      () => {},
      async () => {
        for (const instance of frozen()) await instance.thaw();
      },
    );
    for (const instance of frozen()) await instance.thaw();
    expect(driver.instances.some(({ refusals }) => refusals.length > 0)).toBe(true);
    expect(await books(driver)).toEqual(CORRECT);
  });
});

it('without transactions the fourth is booked twice', async () => {
  await using driver = new TopologyTestDriver(topology, { processingGuarantee: 'at_least_once' });
  const app = driver.instance();
  await transferTen(
    driver,
    () => app.crashBefore('offsets'),
    () => app.start(),
  );
  const { balances, receipts: count } = await books(driver);
  expect(count).toBe(11);
  expect(balances).not.toEqual(CORRECT.balances);
});
