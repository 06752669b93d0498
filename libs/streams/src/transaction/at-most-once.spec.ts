import { describe, expect, it } from '@jest/globals';
import { json, string, StreamsBuilder, topic, tumbling, windowed, type KStream } from '@hiveframe/streams';
import { TopologyTestDriver, type CommitStep, type TestInputTopic } from '@hiveframe/streams-testing';
import { afterTest } from '../../test/support/cluster.ts';

interface Event {
  readonly at: number;
}
const events = topic('events', { key: string(), value: json<Event>(), timestamp: 'at' });
const counts = topic('counts', { key: windowed(string()), value: json<number>() });

/** Without `offsets`: there are two of them, and the first one is before the records are processed. */
const STEPS = ['changelog', 'stores', 'output'] as const satisfies readonly CommitStep[];

const window = tumbling({ sizeMs: 10 });
const WINDOWS = {
  'final windows': (stream: KStream<string, Event>) => {
    stream
      .groupByKey({ name: 'by-key' })
      .windowedBy(window, { graceMs: 0, emit: 'final' })
      .count()
      .to(counts);
  },
  'windows that are suppressed until they close': (stream: KStream<string, Event>) => {
    const updates = stream.groupByKey({ name: 'by-key' }).windowedBy(window, { graceMs: 0 }).count();
    updates.suppress({ name: 'closed', until: 'windowCloses' }).to(counts);
  },
};

function drive(kind: keyof typeof WINDOWS, numInstances = 1): TopologyTestDriver {
  const builder = new StreamsBuilder();
  WINDOWS[kind](builder.stream(events));
  const driver = new TopologyTestDriver(builder.build(), {
    processingGuarantee: 'at_most_once',
    numInstances,
  });
  afterTest(() => driver[Symbol.asyncDispose]());
  return driver;
}

const pipe = (input: TestInputTopic<string, Event>, at: number) => input.pipe({ at }, { key: 'k' });

/** Start of each window that was given, with its count. */
async function given(driver: TopologyTestDriver): Promise<(readonly [number, number])[]> {
  const results = await driver.output(counts).readAll();
  return results.map(({ key, value }) => [key!.window.startMs, value!]);
}

describe('at_most_once', () => {
  describe.each(Object.keys(WINDOWS) as (keyof typeof WINDOWS)[])('gives %s', (kind) => {
    it('once, also when it crashes right behind the result', async () => {
      const driver = drive(kind);
      const input = driver.input(events);
      for (const at of [1, 2, 14, 25, 36]) {
        await pipe(input, at);
        await driver.crashAndRestart();
      }
      expect(await given(driver)).toEqual([
        [0, 2],
        [10, 1],
        [20, 1],
      ]);
    });

    it.each(STEPS)(
      'at most once when it crashes before step %s of the commit that gives them',
      async (step) => {
        const driver = drive(kind);
        const input = driver.input(events);
        await pipe(input, 1);
        driver.instance().crashBefore(step);
        await pipe(input, 14);
        expect(driver.instance().state).toBe('down');
        await driver.instance().start();
        await pipe(input, 25);
        const results = await given(driver);
        expect(new Set(results.map(([startMs]) => startMs)).size).toBe(results.length);
      },
    );

    it.each(STEPS)('at most once when a zombie goes on before step %s of it', async (step) => {
      const driver = drive(kind, 2);
      const input = driver.input(events);
      await pipe(input, 1);
      const zombie = driver.instances.find(({ tasks }) => tasks.length > 0)!;
      zombie.freezeBefore(step);
      await pipe(input, 14);
      expect(zombie.state).toBe('frozen');
      await pipe(input, 25);
      await zombie.thaw();
      for (const at of [36, 47, 58]) await pipe(input, at); // one of them may be lost when the zombie joins again
      const starts = (await given(driver)).map(([startMs]) => startMs);
      expect(starts.at(-1)).toBeGreaterThan(10);
      expect(new Set(starts).size).toBe(starts.length);
    });
  });

  it('still gives a window that closed before a crash and had not been given', async () => {
    const driver = drive('final windows');
    const input = driver.input(events);
    await pipe(input, 1);
    driver.instance().crashBefore('changelog');
    await pipe(input, 14);
    await driver.instance().start();
    await pipe(input, 25);
    expect(await given(driver)).toEqual([[0, 1]]); // the record at 14 is lost, and what it was first to tell is not
  });
});
