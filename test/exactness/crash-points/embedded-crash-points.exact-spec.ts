/** The same crash points on the embedded log in a folder, with stores in the memory of the process. There is no wire to lose an answer on,
 *  and no other process can take over from a frozen one: the folder is its own until it dies. */
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { describeOnServices, services } from '../services.ts';
import { CrashCase } from './crash-case.ts';
import { EmbeddedWorld } from './embedded-world.ts';
import { KafkaWorld } from './kafka-world.ts';
import { differences, type Output } from './output.ts';
import { COMMIT_POINTS, TAKEOVER_POINTS, TITLES, type FailpointSpec, type Point } from './points.ts';
import { undisturbedOutput } from './reference-run.ts';

jest.setTimeout(180_000);

const KILLED = { code: null, signal: 'SIGKILL' };
const STOPPED = { code: 0, signal: null };

const kill = (point: Point, nth: number): FailpointSpec => ({ point, nth, effect: 'kill' });

describeOnServices('A process that is killed, on the embedded log', () => {
  let world: EmbeddedWorld;
  let expected: Output;
  beforeAll(async () => {
    // The verifiers read Kafka: what they find right there must be the same here.
    const kafka = await KafkaWorld.open(services);
    expected = await undisturbedOutput(kafka);
    await kafka.close();
    world = await EmbeddedWorld.open();
  });
  afterAll(() => world.close());

  const expectExact = async (run: CrashCase) => {
    const app = run.start();
    expect(await run.finish(app)).toEqual([STOPPED]);
    expect(differences(await run.output(), expected)).toEqual([]);
    expect(await run.storeFaults(app)).toEqual([]);
  };

  it.each(COMMIT_POINTS.map((point) => ({ point, title: TITLES[`commit ${point}`] })))(
    'loses and repeats nothing: $title',
    async ({ point }) => {
      await using run = await CrashCase.open(world);
      expect(await run.startAndDie({ failpoint: kill(`commit ${point}`, 3) })).toEqual(KILLED);
      await expectExact(run);
    },
  );

  it.each(TAKEOVER_POINTS.map((point) => ({ point, title: TITLES[`takeover ${point}`] })))(
    'loses and repeats nothing: $title',
    async ({ point }) => {
      await using run = await CrashCase.open(world);
      expect(await run.startAndDie({ failpoint: kill('commit stores', 5) })).toEqual(KILLED);
      const failpoint = kill(`takeover ${point}`, point === 'replay' ? 2 : 1);
      expect(await run.startAndDie({ failpoint })).toEqual(KILLED);
      await expectExact(run);
    },
  );
});
