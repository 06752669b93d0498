import { describe, expect, it } from '@jest/globals';
import {
  double,
  json,
  keyValueStore,
  listStore,
  sessionStore,
  StreamsBuilder,
  string,
  topic,
  windowStore,
  type Processor,
  type ProcessorContext,
  type StoreDefinitions,
} from '@hiveframe/streams';
import { drive, NOTHING_CACHED } from '../../../../test/support/tables.ts';

interface Command {
  readonly at: number;
  readonly do: string;
  readonly value?: number;
  readonly span?: readonly [startMs: number, endMs: number];
}
const commands = topic('commands', { key: string(), value: json<Command>(), timestamp: 'at' });
const answers = topic('answers', { key: string(), value: json<unknown>() });

/** Answers each command with what the stores say. */
function start<const S extends StoreDefinitions>(
  stores: S,
  create: (context: ProcessorContext<string, unknown, S>) => Processor<string, Command>,
  options = {},
) {
  const builder = new StreamsBuilder();
  builder
    .stream(commands)
    .process<string, unknown, S>({
      name: 'asking',
      stores,
      output: { key: string(), value: json<unknown>() },
      create,
    })
    .to(answers);
  const driver = drive(builder, options);
  const input = driver.input(commands);
  return {
    driver,
    give: (key: string, command: Command) => input.pipe(command, { key }),
    answers: () => driver.output(answers).readValues(),
  };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const caches = [
  ['everything cached', {}],
  ['nothing cached', NOTHING_CACHED],
] as const;

describe('keyValueStore', () => {
  const numbers = keyValueStore({ name: 'numbers', key: string(), value: double() });

  it.each(caches)('gives ranges and prefixes in order of the key bytes, %s', async (_name, cache) => {
    const app = start(
      { numbers },
      ({ stores, forward }) => ({
        async process({ key, value, timestampMs }) {
          const answer = (items: { key: string; value: number }[]) =>
            forward({ key, value: items.map((one) => `${one.key}=${one.value}`).join(' '), timestampMs });
          if (value.do === 'put') stores.numbers.put(key, value.value);
          if (value.do === 'range') answer(await all(stores.numbers.range({ from: 'b', to: 'c' })));
          if (value.do === 'from') answer(await all(stores.numbers.range({ from: 'bb' })));
          if (value.do === 'prefix') answer(await all(stores.numbers.prefixScan('b', string())));
        },
      }),
      cache,
    );
    for (const [at, key] of ['c', 'bb', 'a', 'ba', 'd', 'b'].entries())
      await app.give(key, { at, do: 'put', value: at });
    await app.driver.crashAndRestart();
    for (const what of ['range', 'from', 'prefix']) await app.give('x', { at: 10, do: what });
    expect(await app.answers()).toEqual(['b=5 ba=3 bb=1 c=0', 'bb=1 c=0 d=4', 'b=5 ba=3 bb=1']);
  });

  it.each(caches)('puts what is absent once, and tells the time of a value, %s', async (_name, cache) => {
    const app = start(
      { numbers },
      ({ stores, forward }) => ({
        async process({ key, value, timestampMs }) {
          const before = await stores.numbers.putIfAbsent(key, value.value!);
          const now = await stores.numbers.getWithTimestamp(key);
          forward({ key, value: { before, now }, timestampMs });
        },
      }),
      cache,
    );
    await app.give('a', { at: 5, do: 'put', value: 1 });
    await app.driver.crashAndRestart();
    await app.give('a', { at: 6, do: 'put', value: 2 });
    expect(await app.answers()).toEqual([
      { now: { value: 1, timestampMs: 5 } },
      { before: 1, now: { value: 1, timestampMs: 5 } },
    ]);
  });
});

describe('listStore', () => {
  const queues = listStore({ name: 'queues', key: string(), value: double() });
  const queueing = ({
    stores,
    forward,
  }: ProcessorContext<string, unknown, { queues: typeof queues }>): Processor<string, Command> => ({
    async process({ key, value, timestampMs }) {
      if (value.do === 'append') return void stores.queues.append(key, value.value!);
      const answer =
        value.do === 'take'
          ? [await stores.queues.removeFirst(key), await stores.queues.size(key)]
          : value.do === 'look'
            ? [await stores.queues.first(key), await stores.queues.values(key)]
            : value.do === 'clear'
              ? [await stores.queues.clear(key), await stores.queues.size(key)]
              : await all(stores.queues.keys());
      forward({ key, value: answer, timestampMs });
    },
  });

  it.each(caches)('is a queue for each key that survives crashes, %s', async (_name, cache) => {
    const app = start({ queues }, queueing, cache);
    for (const value of [1, 2, 3]) await app.give('a', { at: value, do: 'append', value });
    await app.give('b', { at: 4, do: 'append', value: 9 });
    await app.driver.crashAndRestart();
    await app.give('a', { at: 5, do: 'take' });
    await app.driver.crashAndRestart();
    await app.give('a', { at: 6, do: 'append', value: 4 });
    await app.driver.crashAndRestart();
    await app.give('a', { at: 7, do: 'look' });
    await app.give('a', { at: 8, do: 'keys' });
    await app.give('b', { at: 9, do: 'take' });
    await app.give('b', { at: 9, do: 'take' });
    await app.give('a', { at: 9, do: 'clear' });
    await app.driver.crashAndRestart();
    await app.give('a', { at: 9, do: 'look' });
    await app.give('a', { at: 9, do: 'keys' });
    const keys = (found: unknown) => new Set(found as string[]);
    const [taken, looked, listed, ...rest] = await app.answers();
    expect([taken, looked]).toEqual([
      [1, 2],
      [2, [2, 3, 4]],
    ]);
    expect(keys(listed)).toEqual(new Set(['a', 'b']));
    expect(rest).toEqual([[9, 0], [null, 0], [null, 0], [null, []], []]);
  });

  it('keeps the order of calls that nobody awaited, and waits for them before it commits', async () => {
    const app = start(
      { queues },
      ({ stores, forward }) => ({
        process({ key, value, timestampMs }) {
          if (value.do === 'look') {
            return Promise.resolve(stores.queues.values(key)).then((found) =>
              forward({ key, value: found, timestampMs }),
            );
          }
          for (const one of [1, 2, 3]) void stores.queues.append(key, value.value! * 10 + one);
          void stores.queues.removeFirst(key);
        },
      }),
      NOTHING_CACHED,
    );
    await app.give('a', { at: 1, do: 'append', value: 1 });
    await app.driver.crashAndRestart();
    await app.give('a', { at: 2, do: 'append', value: 2 });
    await app.driver.crashAndRestart();
    await app.give('a', { at: 3, do: 'look' });
    expect(await app.answers()).toEqual([[13, 21, 22, 23]]);
  });

  it('loses nothing where processors share it that await nothing', async () => {
    const builder = new StreamsBuilder();
    builder
      .stream(commands)
      .process({
        name: 'first',
        stores: { queues },
        create: ({ stores, forward }) => ({
          process(record) {
            void stores.queues.append(record.key, 1);
            forward(record);
          },
        }),
      })
      .process({
        name: 'second',
        stores: { queues },
        create: ({ stores }) => ({ process: ({ key }) => void stores.queues.append(key, 2) }),
      });
    const driver = drive(builder, NOTHING_CACHED);
    for (const at of [1, 2, 3]) {
      await driver.crashAndRestart();
      await driver.input(commands).pipe({ at, do: 'append' }, { key: 'a' });
    }
    expect(await driver.listStore(queues).values('a')).toEqual([1, 2, 1, 2, 1, 2]);
  });

  it('has what it named in advance at hand', async () => {
    const kinds: boolean[] = [];
    const builder = new StreamsBuilder();
    builder.stream(commands).processValues({
      name: 'reading',
      stores: { queues },
      prefetch: ({ key }) => ({ queues: [key] }),
      create: ({ stores }) => ({
        process({ key, value }) {
          const size = stores.queues.size(key);
          kinds.push(size instanceof Promise);
          void stores.queues.append(key, value.at);
        },
      }),
    });
    const driver = drive(builder, NOTHING_CACHED);
    await driver.input(commands).pipe({ at: 1, do: '' }, { key: 'a' });
    await driver.crashAndRestart();
    await driver.input(commands).pipe({ at: 2, do: '' }, { key: 'a' });
    expect(kinds).toEqual([false, false]);
  });
});

describe('sessionStore', () => {
  const sessions = sessionStore({ name: 'sessions', key: string(), value: double(), retentionMs: 120_000 });
  const asking = ({
    stores,
    forward,
  }: ProcessorContext<string, unknown, { sessions: typeof sessions }>): Processor<string, Command> => ({
    async process({ key, value, timestampMs }) {
      const [startMs = 0, endMs = 0] = value.span ?? [];
      const session = { key, window: { startMs, endMs } };
      if (value.do === 'put') return stores.sessions.put(session, value.value);
      if (value.do === 'remove') return stores.sessions.remove(session);
      const found =
        value.do === 'fetch'
          ? await stores.sessions.fetchSession(key, session.window)
          : (
              await all(stores.sessions.findSessions(key, { earliestEndMs: startMs, latestStartMs: endMs }))
            ).map((one) => [one.key.window.startMs, one.key.window.endMs, one.value]);
      forward({ key, value: found ?? 'none', timestampMs });
    },
  });

  it.each(caches)('finds the sessions that touch a span, over crashes, %s', async (_name, cache) => {
    const app = start({ sessions }, asking, cache);
    const spans = [
      [0, 10],
      [20, 70_000],
      [71_000, 71_000],
      [72_000, 80_000],
    ] as const;
    for (const [value, span] of spans.entries()) await app.give('a', { at: 80_000, do: 'put', value, span });
    await app.give('b', { at: 80_000, do: 'put', value: 9, span: [5, 6] });
    await app.driver.crashAndRestart();
    await app.give('a', { at: 80_000, do: 'find', span: [11, 71_500] });
    await app.give('a', { at: 80_000, do: 'fetch', span: [0, 10] });
    await app.give('a', { at: 80_000, do: 'remove', span: [71_000, 71_000] });
    await app.give('a', { at: 80_000, do: 'remove', span: [0, 10] });
    await app.driver.crashAndRestart();
    await app.give('a', { at: 80_000, do: 'find', span: [0, 100_000] });
    await app.give('a', { at: 80_000, do: 'fetch', span: [0, 10] });
    await app.give('b', { at: 80_000, do: 'find', span: [0, 100_000] });
    expect(await app.answers()).toEqual([
      [
        [20, 70_000, 1],
        [71_000, 71_000, 2],
      ],
      0,
      [
        [20, 70_000, 1],
        [72_000, 80_000, 3],
      ],
      'none',
      [[5, 6, 9]],
    ]);
  });

  it('lets sessions go by stream time when they are over by the retention', async () => {
    const app = start({ sessions }, asking);
    await app.give('a', { at: 10, do: 'put', value: 1, span: [0, 10] });
    await app.give('a', { at: 120_000, do: 'find', span: [0, 1_000_000] });
    await app.give('a', { at: 300_000, do: 'find', span: [0, 1_000_000] });
    await app.give('a', { at: 300_000, do: 'put', value: 2, span: [0, 10] });
    await app.driver.crashAndRestart();
    await app.give('a', { at: 300_000, do: 'find', span: [0, 1_000_000] });
    expect(await app.answers()).toEqual([[[0, 10, 1]], [], []]);
  });
});

describe('stores', () => {
  it('refuse what cannot be kept, when they are declared', () => {
    const serdes = { key: string(), value: double() };
    expect(() => windowStore({ ...serdes, name: 'w', windowMs: 10, retentionMs: 5 })).toThrow(
      'Cannot declare store w: it keeps windows for 5 ms, but they last 10 ms.',
    );
    expect(() => sessionStore({ ...serdes, name: 's', retentionMs: 0 })).toThrow(
      'Cannot declare store s: retentionMs is 0',
    );
  });

  it('may be global tables, which processors read', async () => {
    const limits = topic('limits', { key: string(), value: double() });
    const builder = new StreamsBuilder();
    const table = builder.globalTable(limits, { name: 'limits' });
    builder
      .stream(commands)
      .process({
        name: 'limiting',
        stores: { limits: table },
        output: { key: string(), value: json<unknown>() },
        create: ({ stores, forward }) => ({
          process: ({ key, timestampMs }) =>
            forward({ key, value: [stores.limits.get(key) ?? 'none', stores.limits.size], timestampMs }),
        }),
      })
      .to(answers);
    const driver = drive(builder);
    await driver.input(limits).pipe(7, { key: 'a' });
    await driver.input(commands).pipe({ at: 1, do: '' }, { key: 'a' });
    await driver.crashAndRestart();
    await driver.input(commands).pipe({ at: 2, do: '' }, { key: 'b' });
    expect(await driver.output(answers).readValues()).toEqual([
      [7, 1],
      ['none', 1],
    ]);
  });
});
