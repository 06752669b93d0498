/** A sink behind the engine: what the target holds after a crash, or a zombie, at each step of a commit. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { json, string, StreamsBuilder, topic, type StreamSink } from '@hiveframe/streams';
import { COMMIT_STEPS } from '../faults/commit-steps.ts';
import { TopologyTestDriver } from '../topology-test-driver.ts';
import type { SinkSample, SinksUnderTest, SinkTargetUnderTest } from './sink-conformance.ts';
import { ascending, range, sample } from './sink-samples.ts';

type Sink = StreamSink<string, SinkSample>;
const input = topic('samples', { key: string(), value: json<SinkSample>() });
const RECORDS = 12;

export function describeSinkCrashes(subject: SinksUnderTest<Sink>, guarantee: Sink['guarantee']): void {
  let cleanUp: (() => Promise<void>)[] = [];
  afterEach(async () => {
    const all = cleanUp;
    cleanUp = [];
    for (const one of all) await one();
  }, 60_000);

  const run = async (target: SinkTargetUnderTest<Sink>) => {
    const sink = target.sink();
    const builder = new StreamsBuilder();
    builder.stream(input).toSink(sink);
    const driver = new TopologyTestDriver(builder.build(), { numPartitions: 2, numInstances: 2 });
    cleanUp.push(
      () => driver[Symbol.asyncDispose](),
      () => sink.close(),
    );
    return driver;
  };
  const pipe = (driver: TopologyTestDriver, values: readonly SinkSample[]) =>
    driver.input(input).pipeRecords(
      values.map((value) => ({
        key: `key-${Math.abs(value.id) % 5}`,
        value,
        timestampMs: Math.abs(value.id),
      })),
    );
  const expectAll = async (target: SinkTargetUnderTest<Sink>, expected: readonly number[]) => {
    const ids = ascending(await target.ids());
    expect(guarantee === 'exactly_once' ? ids : [...new Set(ids)]).toEqual(expected);
  };

  describe('behind the engine', () => {
    it.each(COMMIT_STEPS)(
      'has every record when processes crash before step %s',
      async (step) => {
        const target = await subject.target();
        const driver = await run(target);
        await pipe(driver, range(0, 4).map(sample));
        for (const instance of driver.instances) instance.crashBefore(step);
        await pipe(driver, range(4, 8).map(sample));
        for (const instance of driver.instances) if (instance.state === 'down') await instance.start();
        await pipe(driver, range(8, RECORDS).map(sample));
        await driver.crashAndRestart();
        await expectAll(target, range(0, RECORDS));
      },
      60_000,
    );

    it.each(COMMIT_STEPS)(
      'has every record when zombies come back at step %s',
      async (step) => {
        const target = await subject.target();
        const driver = await run(target);
        await pipe(driver, range(0, 4).map(sample));
        driver.instances[0]!.freezeBefore(step);
        await pipe(driver, range(4, 8).map(sample));
        await pipe(driver, range(8, RECORDS).map(sample));
        if (driver.instances[0]!.state === 'frozen') await driver.instances[0]!.thaw();
        await expectAll(target, range(0, RECORDS));
      },
      60_000,
    );

    it('has every record when the target loses its last writes', async () => {
      const target = await subject.target();
      if (target.rollBackPoint === undefined) return;
      const driver = await run(target);
      await pipe(driver, range(0, 4).map(sample));
      const rollBack = await target.rollBackPoint();
      await pipe(driver, range(4, 8).map(sample));
      await rollBack();
      await pipe(driver, range(8, RECORDS).map(sample));
      await driver.advanceWallClock(20_000);
      // What a partition has lost is found by its next write, or when it is opened again.
      await driver.crashAndRestart();
      await expectAll(target, range(0, RECORDS));
    }, 60_000);

    it('makes one dead letter of what the target rejects, whenever it crashes', async () => {
      const target = await subject.target();
      const { impossible } = target;
      if (impossible === undefined) return;
      const driver = await run(target);
      for (const [round, step] of COMMIT_STEPS.entries()) {
        const id = round * 3;
        for (const instance of driver.instances) {
          if (instance.state === 'up') instance.crashBefore(step);
        }
        await pipe(driver, [sample(id), impossible, sample(id + 1)]);
        for (const instance of driver.instances) if (instance.state === 'down') await instance.start();
        await pipe(driver, [sample(id + 2)]);
        await driver.crashAndRestart();
      }
      await expectAll(target, range(0, COMMIT_STEPS.length * 3));
      const letters = await driver.deadLetters.readAll();
      expect(letters).toHaveLength(COMMIT_STEPS.length);
      expect(new Set(letters.map(({ reason }) => reason.kind))).toEqual(new Set(['processing']));
    }, 60_000);
  });
}
