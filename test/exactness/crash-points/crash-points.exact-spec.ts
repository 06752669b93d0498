/** Every crash point of the numbered commit and of the numbered takeover (docs/ARCHITECTURE.md), hit on purpose, on real Kafka and Redis:
 *  the process dies there, freezes until another has taken over, or loses the answer to what it asks for. */
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import type { RunningProcess } from '../../support/child-process.ts';
import { describeOnServices, services } from '../services.ts';
import { uncommittedInStore, untilLeft, type Aftermath } from './aftermath.ts';
import { CrashCase, says } from './crash-case.ts';
import { KafkaWorld } from './kafka-world.ts';
import { differences, type Output } from './output.ts';
import {
  ANSWER_TAKEN,
  COMMIT_POINTS,
  TAKEOVER_POINTS,
  TITLES,
  type CommitPoint,
  type Effect,
  type FailpointSpec,
  type TakeoverPoint,
} from './points.ts';
import { undisturbedOutput, verdictOn } from './reference-run.ts';

jest.setTimeout(180_000);

const KILLED = { code: null, signal: 'SIGKILL' };
const STOPPED = { code: 0, signal: null };

const NOTHING: Aftermath = { openOutput: false, openChangelog: false, storeIsBehind: false };
const OPEN: Aftermath = { ...NOTHING, openOutput: true, openChangelog: true };
const LEFT_BEHIND: Readonly<Record<CommitPoint, Aftermath>> = {
  output: NOTHING,
  changelog: { ...OPEN, openChangelog: false },
  offsets: OPEN,
  end: OPEN,
  stores: { ...NOTHING, storeIsBehind: true },
  done: NOTHING,
};

let world: KafkaWorld;
let expected: Output;
beforeAll(async () => {
  if (services.brokers === '' || services.redisUrl === '') return;
  world = await KafkaWorld.open(services);
  expected = await undisturbedOutput(world);
});
afterAll(() => world?.close());

/** In the middle of the input. */
const commitFailpoint = (point: CommitPoint, effect: Effect): FailpointSpec => ({
  point: `commit ${point}`,
  nth: 3,
  effect,
});
const takeoverFailpoint = (point: TakeoverPoint, effect: Effect): FailpointSpec => ({
  point: `takeover ${point}`,
  nth: point === 'replay' ? 2 : 1,
  effect,
});
const titled = <P extends string>(kind: 'commit' | 'takeover', points: readonly P[]) =>
  points.map((point) => ({ point, title: TITLES[`${kind} ${point}` as keyof typeof TITLES] }));

/** A task with a past: its last owner died when the transaction had ended and the store had not taken the writes. */
async function ownerlessTask(run: CrashCase<KafkaWorld>, next: TakeoverPoint): Promise<void> {
  const failpoint = commitFailpoint('stores', 'kill');
  expect(await run.startAndDie({ failpoint })).toEqual(KILLED);
  if (next === 'replay') await world.forgetStores(run.id); // so that there is much to replay
}

async function expectExact(run: CrashCase<KafkaWorld>, ...apps: readonly RunningProcess[]): Promise<void> {
  expect(await run.finish(...apps)).toEqual(apps.map(() => STOPPED));
  expect(differences(await run.output(), expected)).toEqual([]);
  expect(await run.storeFaults(apps[0]!)).toEqual([]);
}

describeOnServices('A process that is killed', () => {
  it.each(titled('commit', COMMIT_POINTS))(
    'leaves what the table says, and nothing is lost or repeated: $title',
    async ({ point }) => {
      await using run = await CrashCase.open(world);
      expect(await run.startAndDie({ failpoint: commitFailpoint(point, 'kill') })).toEqual(KILLED);
      await untilLeft(run, LEFT_BEHIND[point]);
      expect(await uncommittedInStore(run)).toEqual([]);
      const { committed, end } = await world.progress(run.id);
      expect(committed).toBeLessThan(end);
      await expectExact(run, run.start());
    },
  );

  it.each(titled('takeover', TAKEOVER_POINTS))(
    'has lost and repeated nothing when a third goes on: $title',
    async ({ point }) => {
      await using run = await CrashCase.open(world);
      await ownerlessTask(run, point);
      expect(await run.startAndDie({ failpoint: takeoverFailpoint(point, 'kill') })).toEqual(KILLED);
      expect(await uncommittedInStore(run)).toEqual([]);
      await expectExact(run, run.start());
    },
  );
});

describeOnServices('A process that loses an answer', () => {
  it.each(titled('commit', COMMIT_POINTS).filter(({ point }) => point !== 'done'))(
    'goes on and is exact: $title',
    async ({ point }) => {
      await using run = await CrashCase.open(world);
      const failpoint = commitFailpoint(point, 'lose');
      const app = run.start({ failpoint });
      await run.untilReached(app, failpoint);
      await expectExact(run, app);
      expect(says(app, ANSWER_TAKEN)).toBe(true);
    },
  );

  it.each(titled('takeover', TAKEOVER_POINTS).filter(({ point }) => point !== 'run'))(
    'goes on and is exact: $title',
    async ({ point }) => {
      await using run = await CrashCase.open(world);
      await ownerlessTask(run, point);
      const failpoint = takeoverFailpoint(point, 'lose');
      const app = run.start({ failpoint });
      await run.untilReached(app, failpoint);
      await expectExact(run, app);
      expect(says(app, ANSWER_TAKEN)).toBe(true);
    },
  );
});

/** They wait for session timeouts, most of the time: so all at once, beside the others. */
describeOnServices('A process that freezes until another has its tasks', () => {
  it.concurrent.each(titled('commit', COMMIT_POINTS))(
    'is fenced and joins again: $title',
    async ({ point }) => {
      await using run = await CrashCase.open(world);
      await expectZombieIsHarmless(run, commitFailpoint(point, 'freeze'));
    },
  );

  it.concurrent.each(titled('takeover', TAKEOVER_POINTS))(
    'is fenced and joins again: $title',
    async ({ point }) => {
      await using run = await CrashCase.open(world);
      await ownerlessTask(run, point);
      await expectZombieIsHarmless(run, takeoverFailpoint(point, 'freeze'));
    },
  );

  async function expectZombieIsHarmless(run: CrashCase<KafkaWorld>, failpoint: FailpointSpec): Promise<void> {
    const zombie = run.start({ instanceId: 'one', failpoint });
    await run.untilReached(zombie, failpoint);
    const before = await world.progress(run.id);
    const lines = zombie.lines.length;
    const heir = run.start({ instanceId: 'two' });
    await eventually(
      'the other one commits',
      async () => {
        heir.assertRunning();
        return (await world.progress(run.id)).committed > before.committed;
      },
      { timeoutMs: 60_000 },
    );
    expect(zombie.lines).toHaveLength(lines);
    zombie.kill('SIGCONT');
    await eventually('it has joined again', () => {
      zombie.assertRunning();
      return zombie.lines.slice(lines).some((line) => line.includes('rebalancing → running'));
    });
    await expectExact(run, heir, zombie);
  }
});

describeOnServices('What is not exact is noticed', () => {
  const failpoint = commitFailpoint('end', 'kill');

  it('when offsets are committed outside of the transaction: readings are lost', async () => {
    await using run = await CrashCase.open(world);
    const env = { WITHOUT: 'offsets in the transaction' };
    expect(await run.startAndDie({ failpoint, env })).toEqual(KILLED);
    await run.finish(run.start());
    const found = differences(await run.output(), expected);
    expect(found.some((line) => line.includes('missing'))).toBe(true);
    expect(await verdictOn(run)).toMatchObject({
      exact: false,
      faults: { 'alert missing': expect.any(Number) },
    });
  });

  it.each([
    { guarantee: 'at_least_once', point: 'stores', seen: 'alert not due', unseen: 'alert missing' },
    { guarantee: 'at_most_once', point: 'output', seen: 'alert missing', unseen: 'alert not due' },
  ] as const)('when the guarantee is only $guarantee: $seen, never $unseen', async (only) => {
    const { guarantee, point, seen, unseen } = only;
    await using run = await CrashCase.open(world);
    const env = { PROCESSING_GUARANTEE: guarantee };
    expect(await run.startAndDie({ failpoint: commitFailpoint(point, 'kill'), env })).toEqual(KILLED);
    await run.finish(run.start({ env }));
    const { faults } = await verdictOn(run);
    expect(faults[seen]).toBeGreaterThan(0);
    expect(faults[unseen]).toBeUndefined();
  });
});
