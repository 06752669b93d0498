import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import {
  FailoverCase,
  NUM_PARTITIONS,
  partitionOf,
  SESSION_TIMEOUT_MS,
  type Instance,
} from './failover-case.ts';
import { RECORDS, describeOnServices, services } from './services.ts';

jest.setTimeout(300_000);

const KEYS = Array.from({ length: RECORDS }, (_, index) => `key-${index}`);
/** One key of each partition. */
const PROBES = Array.from({ length: NUM_PARTITIONS }, (_, at) =>
  KEYS.find((key) => partitionOf(key) === at)!,
);
const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, number) => total + number, 0);

describeOnServices('a restore', () => {
  let failover: FailoverCase;
  beforeEach(async () => {
    failover = await FailoverCase.open(services);
    await failover.build(KEYS);
  });
  afterEach(() => failover.close());

  /** What is committed, when these probes are: all but those that were named otherwise. */
  async function countsOf(probes = PROBES): Promise<ReadonlyMap<string, number>> {
    const records = RECORDS + probes.length;
    await failover.cluster.waitForCommitted(failover.id, failover.input, { records, timeoutMs: 60_000 });
    return failover.counts(PROBES);
  }
  const each = (probes: readonly string[], count: number) => probes.map((probe) => [probe, count] as const);

  /** Both instances run, after a restore of the first was interrupted by the second: when more than a quarter was to be replayed. */
  async function interrupt(state: 'redis' | 'memory'): Promise<readonly [Instance, Instance]> {
    const held = Promise.withResolvers<void>();
    const waiting = Promise.withResolvers<void>();
    let passed = 0;
    const first = failover.start(state, async (_partition, { writes }) => {
      // By what a flush holds, not by what was replayed: all that is left may be in one flush, of each partition.
      passed += sum(writes.map(({ count }) => count));
      if (passed <= RECORDS / 4) return;
      waiting.resolve();
      await held.promise;
    });
    await waiting.promise;
    const interrupted = first.app.restoring.map(({ partition }) => partition);
    const second = failover.start(state);
    // By what was told, not by what goes on now: the tasks that stay may restore again before anyone looks.
    const isCalledOff = (partition: number) => first.suspended.some((one) => one.partition === partition);
    await eventually('the restores are called off', () => interrupted.every(isCalledOff));
    held.resolve();
    await second.started;
    await eventually('both run', () => [first, second].every(({ app }) => app.state === 'running'));
    return [first, second];
  }

  // A flush that is under way when a restore is called off may still be applied: then nobody counts it.
  it('goes on where it was when a rebalance interrupts it, here and at another instance', async () => {
    await failover.forgetState();
    const [first, second] = await interrupt('redis');
    const replayed = sum(first.replayed.values()) + sum(second.replayed.values());
    expect(second.replayed.size).toBeGreaterThan(0);
    expect(replayed).toBeLessThanOrEqual(RECORDS);
    expect(await failover.keysInRedis()).toBe(RECORDS);
    await failover.write(PROBES);
    expect(await countsOf()).toEqual(new Map(each(PROBES, 2)));
  });

  it('goes on where it was in memory, too, for the tasks that stay', async () => {
    const [first, second] = await interrupt('memory');
    const moved = new Set(second.replayed.keys());
    expect(moved.size).toBe(NUM_PARTITIONS / 2);
    for (let partition = 0; partition < NUM_PARTITIONS; partition++) {
      const records = KEYS.filter((key) => partitionOf(key) === partition).length;
      if (moved.has(partition)) expect(second.replayed.get(partition)).toBe(records);
      else expect(first.replayed.get(partition)).toBeLessThanOrEqual(records);
    }
    await failover.write(PROBES);
    expect(await countsOf()).toEqual(new Map(each(PROBES, 2)));
  });

  it('leaves the tasks alone that are ready: they process and commit meanwhile', async () => {
    await failover.forgetState(0);
    const held = Promise.withResolvers<void>();
    const instance = failover.start('redis', async (partition) => {
      if (partition === 0) await held.promise;
    });
    await failover.write(PROBES);
    const [waiting, ...ready] = PROBES;
    expect(await countsOf(ready)).toEqual(new Map([[waiting!, 1], ...each(ready, 2)]));
    expect(instance.app.state).toBe('rebalancing');
    expect(instance.app.restoring).toMatchObject([{ store: 'counts', partition: 0, restored: 0 }]);

    held.resolve();
    await instance.started;
    expect(instance.app.restoring).toEqual([]);
    expect(await countsOf()).toEqual(new Map(each(PROBES, 2)));
  });

  it.each(['redis', 'memory'] as const)(
    'into %s lets heartbeats through: no member is put out',
    async (state) => {
      await failover.forgetState();
      const loop = monitorEventLoopDelay({ resolution: 10 });
      loop.enable();
      const { log, replayed, started } = failover.start(state);
      await started;
      loop.disable();
      expect(sum(replayed.values())).toBe(RECORDS);
      expect(loop.max / 1e6).toBeLessThan(SESSION_TIMEOUT_MS / 3);
      expect(log.with('Joined group')).toHaveLength(1);
      expect(log.with('lost')).toEqual([]);
      expect(log.with('Restored counts-')).toHaveLength(NUM_PARTITIONS);
    },
  );
});
