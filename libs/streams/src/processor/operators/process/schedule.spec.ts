import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { embedded } from '@hiveframe/streams-embedded';
import type { TopologyTestDriverOptions } from '@hiveframe/streams-testing';
import {
  json,
  keyValueStore,
  RecordBatchWriter,
  string,
  StreamsBuilder,
  topic,
  type MaybePromise,
  type PunctuationOptions,
} from '@hiveframe/streams';
import { drive, NOTHING_CACHED } from '../../../../test/support/tables.ts';

interface Command {
  readonly at: number;
  readonly do?: 'start' | 'stop' | 'restart';
  readonly everyMs?: number;
}
const commands = topic('commands', { key: string(), value: json<Command>(), timestamp: 'at' });
const said = topic('said', { key: string(), value: string() });
type Time = PunctuationOptions['time'];

interface Shape {
  readonly time: Time;
  /** Awaited before a command is obeyed. */
  readonly wait?: () => MaybePromise<void>;
  /** How often a punctuation fires before it ends itself. @defaultValue for ever */
  readonly times?: number;
}

/** Starts and stops a punctuation for each key, under the key's name. */
function build({ time, wait, times = Infinity }: Shape): StreamsBuilder {
  const counts = keyValueStore({ name: 'counts', key: string(), value: json<number>() });
  const builder = new StreamsBuilder();
  builder
    .stream(commands)
    .processValues({
      name: 'alarms',
      value: string(),
      keepsPunctuations: true,
      stores: { counts },
      create: ({ schedule, scheduled, forward, stores }) => ({
        async process({ key, value, timestampMs }) {
          if (wait !== undefined) await wait();
          const everyMs = value.everyMs ?? 100;
          if (value.do === 'start') schedule({ name: key, everyMs, time });
          if (value.do === 'stop') scheduled(key)?.cancel();
          if (value.do === 'restart') {
            scheduled(key)?.cancel();
            schedule({ name: key, everyMs, time });
          }
          forward({ key, value: `took ${value.at}`, timestampMs });
        },
        async punctuate(name, nowMs) {
          const count = ((await stores.counts.get(name)) ?? 0) + 1;
          stores.counts.put(name, count);
          if (count >= times) scheduled(name)?.cancel();
          forward({ key: name, value: `${name} at ${nowMs}`, timestampMs: nowMs });
        },
      }),
    })
    .to(said);
  return builder;
}

function start(shape: Shape, options: TopologyTestDriverOptions = {}) {
  const log = embedded();
  const driver = drive(build(shape), { log, ...options });
  const input = driver.input(commands);
  return {
    driver,
    give: (key: string, at: number, rest: Omit<Command, 'at'> = {}) => input.pipe({ at, ...rest }, { key }),
    /** Writes all before any is processed. */
    write: async (given: readonly (readonly [key: string, command: Command])[]) => {
      await driver.settle();
      const batch = new RecordBatchWriter();
      for (const [key, command] of given)
        batch.append(Buffer.from(key), Buffer.from(JSON.stringify(command)), command.at);
      await log.writer().send([{ topic: 'commands', partition: 0, records: batch.take() }]);
      await driver.settle();
    },
    fired: async () => (await driver.output(said).readValues()).filter((one) => !one.startsWith('took')),
    said: async () => driver.output(said).readValues(),
  };
}

const caches = [
  ['everything cached', {}],
  ['nothing cached', NOTHING_CACHED],
] as const;

describe('punctuations that are scheduled while records are processed', () => {
  it.each(caches)('fire by stream time, over crashes, until they are cancelled, %s', async (_name, cache) => {
    const { driver, give, fired } = start({ time: 'stream' }, cache);
    await give('a', 150, { do: 'start' });
    await driver.crashAndRestart();
    await give('x', 199);
    expect(await fired()).toEqual([]);
    await driver.crashAndRestart();
    await give('x', 210);
    await driver.crashAndRestart();
    await give('x', 299);
    expect(await fired()).toEqual(['a at 210']);
    await give('x', 300);
    await give('a', 310, { do: 'stop' });
    await driver.crashAndRestart();
    await give('x', 900);
    expect(await fired()).toEqual(['a at 300']);
  });

  it('fire before the record that moved the time, also the first after a crash', async () => {
    const { driver, give, said } = start({ time: 'stream' });
    await give('a', 150, { do: 'start' });
    await driver.crashAndRestart();
    await give('x', 400);
    expect(await said()).toEqual(['took 150', 'a at 400', 'took 400']);
  });

  it('fire by the wall clock, over crashes; what was missed while nothing ran fires once', async () => {
    const { driver, give, fired } = start({ time: 'wallClock' }, { startMs: 10_000 });
    await give('x', 1);
    await driver.advanceWallClock(250);
    await give('a', 2, { do: 'start' });
    await driver.advanceWallClock(99);
    expect(await fired()).toEqual([]);
    await driver.advanceWallClock(1);
    expect(await fired()).toEqual(['a at 10350']);
    await driver.crashAndRestart();
    await driver.advanceWallClock(60);
    expect(await fired()).toEqual(['a at 10410']);
    driver.clock.advance(1_000);
    await driver.crashAndRestart();
    await driver.advanceWallClock(1);
    expect(await fired()).toEqual(['a at 11410']);
    await give('a', 3, { do: 'stop' });
    await driver.crashAndRestart();
    await driver.advanceWallClock(1_000);
    expect(await fired()).toEqual([]);
  });

  it.each(['stream', 'wallClock'] as const)('by %s time may end themselves', async (time) => {
    const { driver, give, fired } = start({ time, times: 2 });
    await give('a', 1, { do: 'start' });
    for (const at of [110, 220, 330, 440]) {
      driver.clock.advance(110);
      await driver.crashAndRestart();
      await give('x', at);
      await driver.advanceWallClock(1);
    }
    expect(await fired()).toHaveLength(2);
  });

  it('are one for each name: the same again is no change, with another interval it moves', async () => {
    const { driver, give, fired } = start({ time: 'stream' });
    await give('a', 10, { do: 'start' });
    await give('a', 20, { do: 'start' });
    await give('x', 110);
    expect(await fired()).toEqual(['a at 110']);
    await give('a', 120, { do: 'start', everyMs: 1_000 });
    await give('b', 130, { do: 'start' });
    await driver.crashAndRestart();
    await give('x', 250);
    expect(await fired()).toEqual(['b at 250']);
    await give('a', 260, { do: 'restart', everyMs: 50 });
    await give('x', 300);
    expect((await fired()).toSorted()).toEqual(['a at 300', 'b at 300']);
  });

  it('begin with the commit of the record that scheduled them, or not at all', async () => {
    let isDown = true;
    const { driver, give, fired } = start({
      time: 'stream',
      wait: () => {
        if (isDown) throw new Error('down');
      },
    });
    await give('a', 10, { do: 'start' });
    isDown = false;
    await driver.crashAndRestart();
    await give('x', 500);
    expect(await fired()).toEqual([]);
  });

  it('fire in their place among records that have to wait', async () => {
    const { write, said } = start({ time: 'stream', wait: () => Promise.resolve() });
    await write([
      ['a', { at: 50, do: 'start' }],
      ['x', { at: 90 }],
      ['x', { at: 120 }],
      ['b', { at: 130, do: 'start' }],
      ['a', { at: 250, do: 'stop' }],
      ['x', { at: 310 }],
    ]);
    expect(await said()).toEqual([
      'took 50',
      'took 90',
      'a at 120',
      'took 120',
      'took 130',
      'a at 250',
      'b at 250',
      'took 250',
      'b at 310',
      'took 310',
    ]);
  });

  it('say the same however records come together, with crashes in between', async () => {
    const input = fc.array(
      fc.record({
        key: fc.constantFrom('a', 'b', 'x'),
        step: fc.integer({ min: 0, max: 90 }),
        do: fc.constantFrom('start', 'stop', 'restart'),
        everyMs: fc.constantFrom(30, 100),
      }),
      { minLength: 1, maxLength: 14 },
    );
    await fc.assert(
      fc.asyncProperty(input, fc.integer({ min: 2, max: 5 }), async (drawn, together) => {
        let at = 0;
        const given = drawn.map(({ key, step, everyMs, do: what }): [string, Command] => [
          key,
          { at: (at += step), everyMs, do: what as 'start' },
        ]);
        const oneByOne = start({ time: 'stream' });
        for (const [key, command] of given) await oneByOne.give(key, command.at, command);
        const app = start({ time: 'stream', wait: () => Promise.resolve() }, NOTHING_CACHED);
        for (let from = 0; from < given.length; from += together) {
          await app.write(given.slice(from, from + together));
          if (from % 2 === 0) await app.driver.crashAndRestart();
        }
        expect(await app.said()).toEqual(await oneByOne.said());
      }),
      { numRuns: 20 },
    );
  });

  it('are refused where they would be lost, or could not be called', async () => {
    const refusal = async (keepsPunctuations: boolean, withFunction: boolean, punctuates: boolean) => {
      const builder = new StreamsBuilder();
      builder.stream(commands).processValues({
        name: 'alarms',
        keepsPunctuations,
        create: ({ schedule }) => ({
          process: () =>
            void schedule({ name: 'beat', everyMs: 10, time: 'stream' }, withFunction ? () => {} : undefined),
          ...(punctuates ? { punctuate: () => {} } : {}),
        }),
      });
      const driver = drive(builder);
      await driver.input(commands).pipe({ at: 1 }, { key: 'a' });
      return (await driver.deadLetters.read())?.reason.message;
    };
    expect(await refusal(false, false, true)).toContain(
      'Cannot schedule punctuation beat in alarms: it is processing already, so this would be lost with a restart.',
    );
    expect(await refusal(true, true, true)).toContain('a function cannot be kept over a restart');
    expect(await refusal(true, false, false)).toContain('its processor has no punctuate method to call');
    expect(await refusal(true, false, true)).toBeUndefined();
  });
});
