import { afterEach, describe, expect, it } from '@jest/globals';
import {
  avg,
  count,
  double,
  inMemoryStores,
  json,
  keyValueStore,
  listStore,
  seconds,
  session,
  sessionStore,
  sliding,
  string,
  StreamsBuilder,
  topic,
  tumbling,
  type Topology,
} from '@hiveframe/streams';
import { TopologyTestDriver, type TopologyTestDriverOptions } from './topology-test-driver.ts';

const words = topic('words', { key: string(), value: string() });
const counts = topic('counts', { key: string(), value: double() });

const open: TopologyTestDriver[] = [];
afterEach(async () => {
  for (const driver of open.splice(0)) await driver[Symbol.asyncDispose]();
});
function drive(topology: Topology, options: TopologyTestDriverOptions = {}): TopologyTestDriver {
  const driver = new TopologyTestDriver(topology, options);
  open.push(driver);
  return driver;
}

/** Counts records by key. */
function counting(): Topology {
  const builder = new StreamsBuilder();
  builder.stream(words).groupByKey({ name: 'counts' }).count().to(counts);
  return builder.build();
}
const copying = (): Topology => {
  const builder = new StreamsBuilder();
  builder.stream(words).to(topic('copies', { key: string(), value: string() }));
  return builder.build();
};
const copies = topic('copies', { key: string(), value: string() });

describe('a topology whose processor cannot be made', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('no connection string');
      },
      'Cannot make keeper for task 0_0: no connection string',
    ],
    [
      'is asynchronous',
      async () => ({ process: () => {} }),
      'Cannot make keeper for task 0_0: create gave a promise',
    ],
  ])('fails at once where create %s, and is tried once', async (_how, make, message) => {
    let made = 0;
    const builder = new StreamsBuilder();
    builder.stream(words).process({
      name: 'keeper',
      create() {
        made++;
        return make() as never;
      },
    });
    const driver = drive(builder.build());
    await expect(driver.input(words).pipe('a', { key: 'k' })).rejects.toThrow(message);
    expect(made).toBe(1);
  });

  it('fails at once where it could be made before a crash', async () => {
    let made = 0;
    const builder = new StreamsBuilder();
    builder.stream(words).process({
      name: 'keeper',
      create() {
        if (made++ > 0) throw new Error('one is enough');
        return { process: () => {} };
      },
    });
    const driver = drive(builder.build());
    await driver.input(words).pipe('a', { key: 'k' });
    await expect(driver.crashAndRestart()).rejects.toThrow('one is enough');
    expect(made).toBe(2);
  });
});

describe('TestInputTopic', () => {
  it('writes a list at once, each record into the partition of its key', async () => {
    const driver = drive(copying(), { numPartitions: 3 });
    await driver.input(words).pipeKeyValues([
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
    ]);
    const records = await driver.output(copies).readAll();
    const byKey = Map.groupBy(records, ({ key }) => key);
    expect(byKey.get('a')!.map(({ value }) => value)).toEqual(['1', '3']);
    expect(new Set(byKey.get('a')!.map(({ partition }) => partition)).size).toBe(1);
    expect(records).toHaveLength(3);
  });

  it('gives records times of its own, one after the other', async () => {
    const driver = drive(copying());
    const input = driver.input(words, { startMs: 1_000, advanceMs: 10 });
    await input.pipeValues(['a', 'b'], { key: 'k' });
    input.advanceTime(seconds(1));
    await input.pipe('c', { key: 'k' });
    await input.pipe('d', { key: 'k', timestampMs: 5 });
    await input.pipe('e', { key: 'k' });
    const times = (await driver.output(copies).readAll()).map(({ timestampMs }) => timestampMs);
    expect(times).toEqual([1_000, 1_010, 2_020, 5, 2_030]);
  });

  it('takes the time of the clock where it has none', async () => {
    const driver = drive(copying(), { startMs: 7 });
    await driver.input(words).pipe('a');
    await driver.advanceWallClock(3);
    await driver.input(words).pipe('b');
    const times = (await driver.output(copies).readAll()).map(({ timestampMs }) => timestampMs);
    expect(times).toEqual([7, 10]);
  });

  it('writes one record into each partition', async () => {
    const driver = drive(copying(), { numPartitions: { words: 4 } });
    await driver.input(words).pipe('tick', { partition: 'all', timestampMs: 9 });
    const partitions = (await driver.output(copies).readAll()).map(({ partition }) => partition);
    expect(partitions).toEqual([0, 1, 2, 3]);
    expect([...driver.watermarksMs.values()]).toEqual([9, 9, 9, 9]);
  });

  it('refuses a topic that nobody reads, and a key where there is none', async () => {
    const driver = drive(copying());
    await expect(driver.input({ ...words, name: 'wrods' }).pipe('a')).rejects.toThrow('It reads words.');
    const keyless = topic<string>('words', { value: string() });
    const piped = driver.input(keyless).pipe('a', { key: 'k' as never });
    await expect(piped).rejects.toThrow('declared without one');
  });
});

describe('TestOutputTopic', () => {
  it('reads each record once, one by one or all', async () => {
    const driver = drive(copying());
    const output = driver.output(copies);
    expect(await output.isEmpty()).toBe(true);
    await driver.input(words).pipeValues(['a', 'b', 'c'], { key: 'k' });
    expect(await output.size()).toBe(3);
    expect(await output.read()).toMatchObject({ key: 'k', value: 'a', partition: 0 });
    expect(await output.readKeyValues()).toEqual([
      { key: 'k', value: 'b' },
      { key: 'k', value: 'c' },
    ]);
    expect(await output.read()).toBeUndefined();
  });

  it('reads changes as a table', async () => {
    const builder = new StreamsBuilder();
    const rows = topic('rows', { key: string(), value: string() });
    builder.table(words, { name: 'rows' }).to(rows);
    const driver = drive(builder.build());
    await driver.input(words).pipeKeyValues([
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
      ['b', null],
    ]);
    expect(await driver.output(rows).readKeyValuesToMap()).toEqual(new Map([['a', '3']]));
  });

  it('tells why a record is among the dead letters', async () => {
    const driver = drive(counting());
    await driver.input(words).pipe('nobody');
    const letter = await driver.deadLetters.read();
    expect(letter?.reason).toMatchObject({ topic: 'words', partition: 0, offset: 0, task: '0_0' });
    expect(letter?.value?.toString()).toBe('nobody');
  });
});

describe('stores', () => {
  interface Reading {
    readonly value: number;
  }
  const readings = topic('readings', { key: string(), value: json<Reading>() });
  const byKey = () => {
    const builder = new StreamsBuilder();
    return { builder, grouped: builder.stream(readings).groupByKey({ name: 'stats' }) };
  };

  it('shows the rows of an aggregate, of all partitions', async () => {
    const { builder, grouped } = byKey();
    const table = grouped.agg(avg('value').alias('mean'), count('*').alias('number'));
    const driver = drive(builder.build(), { numPartitions: 3 });
    const input = driver.input(readings);
    for (const key of ['a', 'b', 'c']) await input.pipeValues([{ value: 1 }, { value: 2 }], { key });
    const store = driver.keyValueStore(table.queryable);
    expect(await store.get('a')).toEqual({ key: 'a', mean: 1.5, number: 2 });
    expect(await store.get('x')).toBeUndefined();
    expect((await store.all()).map(({ key }) => key).sort()).toEqual(['a', 'b', 'c']);
  });

  it('shows windows in order of time', async () => {
    const { builder, grouped } = byKey();
    const table = grouped
      .windowedBy(tumbling({ sizeMs: 10 }), { graceMs: 100 })
      .agg(count('*').alias('number'));
    const driver = drive(builder.build());
    const input = driver.input(readings, { startMs: 0, advanceMs: 4 });
    await input.pipeValues([{ value: 1 }, { value: 2 }, { value: 3 }, { value: 4 }], { key: 'a' });
    const store = driver.windowStore(table.queryable);
    expect(await store.fetch('a', 10)).toMatchObject({ window_start: 10, window_end: 20, number: 1 });
    expect((await store.all()).map(({ key, value }) => [key.window.startMs, value.number])).toEqual([
      [0, 3],
      [10, 1],
    ]);
    expect(await store.all({ startMs: 5, endMs: 100 })).toHaveLength(1);
  });

  it('shows open sessions, and sliding windows', async () => {
    const { builder, grouped } = byKey();
    grouped.windowedBy(session({ gapMs: 10 }), { graceMs: 100, name: 'sessions' }).count();
    grouped.windowedBy(sliding({ differenceMs: 10 }), { graceMs: 100, name: 'slides' }).count();
    const driver = drive(builder.build());
    const input = driver.input(readings);
    for (const timestampMs of [20, 25, 60]) await input.pipe({ value: 1 }, { key: 'a', timestampMs });
    const sessions = await driver.sessionStore<string, number>('sessions').fetch('a');
    expect(sessions.map(({ key, value }) => [key.window.startMs, key.window.endMs, value])).toEqual([
      [20, 25, 2],
      [60, 60, 1],
    ]);
    const slides = driver.windowStore<string, number>('slides');
    expect(await slides.fetch('a', 15)).toBe(2);
  });

  it('shows sessions and lists of processors, by definition or by name', async () => {
    const visits = sessionStore({ name: 'visits', key: string(), value: string(), retentionMs: 1_000_000 });
    const queue = listStore({ name: 'queue', key: string(), value: double() });
    const builder = new StreamsBuilder();
    builder.stream(readings).process({
      name: 'remember',
      stores: { visits, queue },
      create: ({ stores }) => ({
        async process({ key, value, timestampMs }) {
          await stores.queue.append(key, value.value);
          await stores.visits.put({ key, window: { startMs: timestampMs, endMs: timestampMs + 5 } }, 'here');
        },
      }),
    });
    const driver = drive(builder.build(), { numPartitions: 2 });
    const input = driver.input(readings);
    await input.pipe({ value: 2 }, { key: 'a', timestampMs: 200_000 });
    await input.pipe({ value: 1 }, { key: 'a', timestampMs: 10 });
    await input.pipe({ value: 3 }, { key: 'b' });
    expect(await driver.listStore(queue).values('a')).toEqual([2, 1]);
    expect(await driver.listStore<string, number>('queue').keys()).toHaveLength(2);
    expect(await driver.listStore(queue).values('nobody')).toEqual([]);
    const sessions = await driver.sessionStore(visits).fetch('a');
    expect(sessions.map(({ key, value }) => [key.window.startMs, value])).toEqual([
      [10, 'here'],
      [200_000, 'here'],
    ]);
    expect(await driver.sessionStore<string, string>('visits').all()).toHaveLength(3);
  });

  it('shows what a processor wrote', async () => {
    const seen = keyValueStore({ name: 'seen', key: string(), value: double() });
    const builder = new StreamsBuilder();
    builder.stream(readings).process({
      name: 'remember',
      stores: { seen },
      create: ({ stores }) => ({ process: ({ key, value }) => stores.seen.put(key, value.value) }),
    });
    const driver = drive(builder.build());
    await driver.input(readings).pipe({ value: 3 }, { key: 'a' });
    expect(await driver.keyValueStore(seen).get('a')).toBe(3);
  });

  it('says which stores there are, and how to read them', () => {
    const { builder, grouped } = byKey();
    grouped.windowedBy(tumbling({ sizeMs: 10 }), { graceMs: 0 }).count();
    const driver = drive(builder.build());
    expect(() => driver.windowStore('stat')).toThrow('It has stats.');
    expect(() => driver.keyValueStore('stats')).toThrow("Use driver.windowStore('stats').");
  });
});

describe('time', () => {
  it('lets retries happen when the clock comes to them, at their own times', async () => {
    const tries: number[] = [];
    const builder = new StreamsBuilder();
    builder
      .stream(words)
      .mapValuesAsync(
        async (word) => {
          tries.push(driver.clock.nowMs());
          if (tries.length < 3) throw new Error('not yet');
          return word;
        },
        { name: 'look-up', concurrency: 1, timeoutMs: seconds(5), retries: 3, backoffMs: 100 },
      )
      .to(copies);
    const driver = drive(builder.build());
    const output = driver.output(copies);
    await driver.input(words).pipe('a');
    expect(tries).toEqual([0]);
    await driver.advanceWallClock(seconds(1));
    expect(tries).toEqual([0, 100, 300]);
    expect(await output.readValues()).toEqual(['a']);
  });

  it('waits for a function that takes real time', async () => {
    const builder = new StreamsBuilder();
    builder
      .stream(words)
      .mapValuesAsync(
        async (word) => {
          await new Promise((resolve) => setTimeout(resolve, 20));
          return `${word}!`;
        },
        { name: 'look-up', concurrency: 1, timeoutMs: seconds(5) },
      )
      .to(copies);
    const driver = drive(builder.build());
    await driver.input(words).pipe('a');
    expect(await driver.output(copies).readValues()).toEqual(['a!']);
  });

  it('fires wall-clock punctuations once, or in steps as they would have come', async () => {
    const fired: number[] = [];
    const builder = new StreamsBuilder();
    builder.stream(words).process({
      name: 'tick',
      create: ({ schedule }) => {
        schedule({ name: 'tick', everyMs: 10, time: 'wallClock' }, (nowMs) => void fired.push(nowMs));
        return { process: () => {} };
      },
    });
    const driver = drive(builder.build());
    await driver.advanceWallClock(30);
    expect(fired).toHaveLength(1);
    await driver.advanceWallClock(30, { stepMs: 10 });
    expect(fired).toHaveLength(4);
  });
});

describe('instances', () => {
  it('share the tasks, and take them over from one that crashed, without loss', async () => {
    const driver = drive(counting(), { numPartitions: 4, numInstances: 2 });
    const input = driver.input(words);
    const pipeAll = () => input.pipeKeyValues(['a', 'b', 'c', 'd', 'e'].map((key) => [key, 'x']));
    await pipeAll();
    expect(driver.instances.map(({ tasks }) => tasks.length)).toEqual([2, 2]);
    await driver.instance(0).crash();
    expect(driver.instances.map(({ tasks }) => tasks.length)).toEqual([0, 4]);
    await pipeAll();
    await driver.instance(0).start();
    const third = await driver.addInstance();
    expect(driver.instances.map(({ tasks }) => tasks.length).sort((a, b) => a - b)).toEqual([1, 1, 2]);
    await third.stop();
    await pipeAll();
    const rows = await driver.output(counts).readKeyValuesToMap();
    expect(rows).toEqual(new Map(['a', 'b', 'c', 'd', 'e'].map((key) => [key, 3])));
    expect(await driver.keyValueStore<string, number>('counts').get('e')).toBe(3);
  });

  describe.each(['output', 'changelog', 'offsets', 'end', 'stores'] as const)('before step %s', (step) => {
    it('one that crashes there loses nothing and repeats nothing', async () => {
      const driver = drive(counting());
      const input = driver.input(words);
      await input.pipe('x', { key: 'a' });
      driver.instance().crashBefore(step);
      await input.pipe('x', { key: 'a' });
      expect(driver.instance().state).toBe('down');
      await driver.instance().start();
      await input.pipe('x', { key: 'a' });
      expect(await driver.output(counts).readValues()).toEqual([1, 2, 3]);
    });

    it.each([
      ['each with stores of its own', null],
      ['with the same stores', inMemoryStores()],
    ])('one that freezes there comes back as a zombie and is refused, %s', async (_, stores) => {
      const driver = drive(counting(), { numInstances: 2, ...(stores && { stores, applicationId: step }) });
      const input = driver.input(words);
      await input.pipe('x', { key: 'a' });
      const zombie = driver.instances.find(({ tasks }) => tasks.length > 0)!;
      zombie.freezeBefore(step);
      await input.pipe('x', { key: 'a' });
      expect(zombie.state).toBe('frozen');
      expect(await driver.output(counts).readValues()).toEqual([1, 2]);
      await input.pipe('x', { key: 'a' });
      await zombie.thaw();
      expect(zombie.refusals).not.toEqual([]);
      await input.pipe('x', { key: 'a' });
      expect(await driver.output(counts).readValues()).toEqual([3, 4]);
      expect(await driver.keyValueStore<string, number>('counts').get('a')).toBe(4);
    });
  });

  it('may be told to crash before they have started', async () => {
    const driver = drive(counting());
    driver.instance().crashBefore('end');
    await driver.input(words).pipe('x', { key: 'a' });
    expect(driver.instance().state).toBe('down');
    expect(await driver.output(counts).isEmpty()).toBe(true);
    await driver.instance().start();
    expect(await driver.output(counts).readValues()).toEqual([1]);
  });

  it('that freeze while they are idle read on when they are back, and are refused', async () => {
    const driver = drive(counting(), { numInstances: 2 });
    const input = driver.input(words);
    await input.pipe('x', { key: 'a' });
    const zombie = driver.instances.find(({ tasks }) => tasks.length > 0)!;
    await zombie.freeze();
    await input.pipe('x', { key: 'a' });
    await zombie.thaw();
    expect(zombie.refusals[0]).toMatchObject({ by: 'log' });
    expect(zombie.state).toBe('up');
    expect(await driver.output(counts).readValues()).toEqual([1, 2]);
  });

  it('repeat what was not claimed under at_least_once', async () => {
    const driver = drive(counting(), { processingGuarantee: 'at_least_once' });
    const input = driver.input(words);
    await input.pipe('x', { key: 'a' });
    driver.instance().crashBefore('offsets');
    await input.pipe('x', { key: 'a' });
    await driver.instance().start();
    expect(await driver.output(counts).readValues()).toEqual([1, 2, 3]);
  });

  it('lose everything in memory with a crash, and have it again from the changelog', async () => {
    const driver = drive(counting());
    await driver.input(words).pipe('x', { key: 'a' });
    await driver.crashAndRestart();
    await driver.input(words).pipe('x', { key: 'a' });
    expect(await driver.output(counts).readValues()).toEqual([1, 2]);
  });

  it('say what cannot be done with one that is down or up', async () => {
    const driver = drive(counting());
    expect(() => driver.instance(1)).toThrow('there are 1');
    await expect(driver.instance().crash()).rejects.toThrow('Cannot crash an instance that is down.');
    await driver.settle();
    await expect(driver.instance().start()).rejects.toThrow('Cannot start an instance that is up.');
    await expect(driver.instance().thaw()).rejects.toThrow('Cannot thaw an instance that is up.');
  });
});
