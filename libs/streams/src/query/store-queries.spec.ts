/** Queries on the real engine over the embedded log. */
import { describe, expect, it } from '@jest/globals';
import {
  InMemoryStorePort,
  inMemoryStores,
  InvalidQueryError,
  json,
  keyValueStore,
  listStore,
  LogError,
  partitionFor,
  session,
  sharedStoreQueries,
  sliding,
  StoreKindError,
  StoreNotAvailableError,
  StoreNotHereError,
  string,
  StreamsApp,
  StreamsBuilder,
  systemClock,
  topic,
  tumbling,
  UnknownStoreError,
  versionedKeyValueStore,
  type LogPort,
  type StorePort,
  type StreamsConfig,
  type Topology,
  type Windowed,
} from '@hiveframe/streams';
import { COMMIT_STEPS, watchCommitSteps, type CommitStep } from '@hiveframe/streams-testing';
import { FetchingSerde } from '../../test/support/fetching-serde.ts';
import { instead } from '../../test/support/instead.ts';
import { afterTest, cluster, eventually, write } from '../../test/support/cluster.ts';

const words = topic('words', { key: string(), value: string() });
const PARTITIONS = 4;

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
};

const lists = listStore({ name: 'lists', key: string(), value: string() });
const versions = versionedKeyValueStore({
  name: 'versions',
  key: string(),
  value: string(),
  historyRetentionMs: 1_000,
});
const lengths = keyValueStore({ name: 'lengths', key: string(), value: json<number>() });

/** Each kind of store, all with the word as the key. */
function declare() {
  const builder = new StreamsBuilder();
  const named = (name: string) => builder.stream(words).groupBy((word) => word, { name });
  const counts = named('counts').count();
  const windows = named('windows')
    .windowedBy(tumbling({ sizeMs: 10 }), { graceMs: 1_000 })
    .count();
  const sessions = named('sessions')
    .windowedBy(session({ gapMs: 5 }), { graceMs: 1_000 })
    .count();
  const slides = named('slides')
    .windowedBy(sliding({ differenceMs: 5 }), { graceMs: 1_000 })
    .count();
  builder
    .stream(words)
    .map((word) => ({ key: word, value: word }))
    .repartition({ name: 'again' })
    .process({
      name: 'processor',
      stores: { lists, versions, lengths },
      create: ({ stores }) => ({
        async process({ key, value, timestampMs }) {
          await stores.lists.append(key, value);
          await stores.versions.put(key, `${value} at ${timestampMs}`, timestampMs);
          stores.lengths.put(key, value.length);
        },
      }),
    });
  return { topology: builder.build(), counts, windows, sessions, slides };
}

function start(log: LogPort, topology: Topology, config: Partial<StreamsConfig> = {}): StreamsApp {
  const app = new StreamsApp(topology, {
    applicationId: 'queries',
    processingGuarantee: 'exactly_once',
    commitIntervalMs: 20,
    ...config,
    log,
  });
  afterTest(() => app.stop({ timeoutMs: 2_000 }).catch(() => {}));
  return app;
}

async function writeWords(log: LogPort, texts: readonly (readonly [word: string, timestampMs: number])[]) {
  for (const [i, [value, timestampMs]] of texts.entries())
    await write(log, { topic: 'words', partition: i % PARTITIONS }, [{ key: 'k', value, timestampMs }]);
}

/** What it is refused with. */
async function refusal(query: () => unknown): Promise<unknown> {
  try {
    await query();
  } catch (error) {
    return error;
  }
  throw new Error('It was answered.');
}

const WORDS = [
  ['a', 1],
  ['b', 2],
  ['a', 3],
  ['c', 14],
  ['a', 15],
] as const;

describe('StreamsApp.store', () => {
  async function running(config: Partial<StreamsConfig> = {}) {
    const log = await cluster({ words: PARTITIONS });
    await writeWords(log, WORDS);
    const declared = declare();
    const app = start(log.share(), declared.topology, config);
    await app.start();
    await eventually(async () => (await app.store(declared.counts.queryable).get('a')) === 3, 'a counted');
    await eventually(
      async () => (await app.store(lists).size('a')) === 3 && (await app.store(lengths).get('c')) === 1,
      'all processed',
    );
    await eventually(
      async () => (await app.store(declared.windows.queryable).fetch('a', 10)) === 1,
      'windowed',
    );
    return { ...declared, app, log };
  }

  it('reads key-value stores of all partitions: keys, many of them, ranges in order, all', async () => {
    const { app, counts } = await running();
    const store = app.store(counts.queryable);
    expect(await store.get('b')).toBe(1);
    expect(await store.get('none')).toBeUndefined();
    expect(await store.getMany(['a', 'none', 'c'])).toEqual(new Map([['a', 3], ['c', 1]])); // prettier-ignore
    expect(await collect(store.range({ from: 'b' }))).toEqual([
      { key: 'b', value: 1 },
      { key: 'c', value: 1 },
    ]);
    expect((await collect(store.all())).map(({ key }) => key).sort()).toEqual(['a', 'b', 'c']);
    expect(await app.store(lengths).get('c')).toBe(1);
  });

  it('reads window stores by key and time', async () => {
    const { app, windows } = await running();
    const store = app.store(windows.queryable);
    const row = (key: string, startMs: number, value: number) => ({
      key: { key, window: { startMs, endMs: startMs + 10 } },
      value,
    });
    expect([await store.fetch('a', 0), await store.fetch('a', 10), await store.fetch('b', 10)]).toEqual([
      2,
      1,
      undefined,
    ]);
    expect(await collect(store.fetchRange('a', { startMs: 0, endMs: 10 }))).toEqual([
      row('a', 0, 2),
      row('a', 10, 1),
    ]);
    const all = await collect(store.fetchAll({ startMs: 10, endMs: 99 }));
    expect(all).toHaveLength(2);
    expect(all).toEqual(expect.arrayContaining([row('a', 10, 1), row('c', 10, 1)]));
  });

  it('reads sessions by the reference that their table has, and sliding windows', async () => {
    const { app, sessions, slides } = await running();
    const first = { key: 'a', window: { startMs: 1, endMs: 3 } };
    await eventually(async () => (await app.store(sessions.queryable).get(first)) === 2, 'a session');
    expect(await collect(app.store(sessions.queryable).all())).toContainEqual({ key: first, value: 2 });
    await eventually(
      async () => (await app.store(slides.queryable).fetch('a', 10)) === 1,
      'a sliding window',
    );
    expect(await collect(app.store(slides.queryable).fetchRange('b', { startMs: -9, endMs: 9 }))).toEqual([
      { key: { key: 'b', window: { startMs: 0, endMs: 5 } }, value: 1 },
    ]);
  });

  it('reads what processors keep: lists, and values as of another time', async () => {
    const { app } = await running();
    expect(await app.store(lists).values('a')).toEqual(['a', 'a', 'a']);
    const store = app.store(versions);
    expect(await store.get('a')).toEqual({ value: 'a at 15', timestampMs: 15, validToMs: null });
    expect(await store.get('a', 2)).toEqual({ value: 'a at 1', timestampMs: 1, validToMs: 3 });
    expect(await store.get('a', 0)).toBeUndefined();
    expect((await collect(store.versions('a'))).map(({ timestampMs }) => timestampMs)).toEqual([1, 3, 15]);
  });

  it('fetches first what the serdes of the store need to read it', async () => {
    const log = await cluster({ words: PARTITIONS });
    const serde = new FetchingSerde();
    const builder = new StreamsBuilder();
    const { queryable } = builder
      .stream(words)
      .groupBy((word) => word, { name: 'last' })
      .reduce({ reducer: (_, word) => word, store: { name: 'last', value: serde } });
    const app = start(log.share(), builder.build());
    await app.start();
    await writeWords(log, [['b', 1], ['a', 2]]); // prettier-ignore
    const store = app.store(queryable);
    await eventually(async () => (await store.getMany(['a', 'b'])).size === 2, 'both are kept');
    const afresh = async <T>(read: () => T) => {
      serde.known.clear();
      return read();
    };
    expect(await afresh(() => store.get('a'))).toBe('a');
    expect(await afresh(() => collect(store.all()))).toHaveLength(2);
    expect((await afresh(() => collect(store.range()))).map(({ value }) => value)).toEqual(['a', 'b']);
    expect((await afresh(() => app.queries.query('last').page({ limit: 9 }))).rows).toHaveLength(2);
    serde.isAway = true;
    await expect(afresh(() => store.get('a'))).rejects.toMatchObject({ code: 'HFS_SERDE_NOT_READY' });
  });

  it('refuses what it cannot answer, and says why', async () => {
    const { app, counts } = await running();
    expect(await refusal(() => app.queries.query('nothing'))).toMatchObject({
      code: 'HFS_UNKNOWN_STORE',
      message: expect.stringMatching(/none of that name. It has counts, .*windows/),
    });
    expect(await refusal(() => app.queries.query('counts').windows())).toBeInstanceOf(StoreKindError);
    expect(await refusal(() => app.queries.query('counts').versioned())).toBeInstanceOf(StoreKindError);
    expect(await refusal(() => app.store(lengths).get(7 as unknown as string))).toBeInstanceOf(
      InvalidQueryError,
    );
    expect(await refusal(() => app.store(counts.queryable, { partition: 9 }).get('a'))).toMatchObject({
      message: 'Cannot read partition 9 of store counts: it has 4 partitions, from 0.',
    });
    expect(new UnknownStoreError('x').code).toBe('HFS_UNKNOWN_STORE');
  });

  it('is not available before the start and after the stop', async () => {
    const { app, counts, log, topology } = await running();
    const store = app.store(counts.queryable);
    await app.stop();
    expect(await refusal(() => store.get('a'))).toBeInstanceOf(StoreNotAvailableError);
    const next = start(log.share(), topology);
    expect(await refusal(() => next.store(counts.queryable).get('a'))).toMatchObject({
      message:
        'Cannot read store counts now: application queries has not started, or does not run any more. Ask again a little later.',
    });
  });

  it('tells how far what was read has come', async () => {
    const { app, log } = await running();
    const query = app.queries.query('counts');
    await query.keyValue().get('a');
    const [position] = query.positions;
    const [end] = await log.admin.offsets(
      [{ topic: 'queries-counts-changelog', partition: position!.partition }],
      'lastStable',
    );
    expect(query.positions).toHaveLength(1);
    expect(end!.offset - position!.offset!).toBeLessThanOrEqual(1);
    expect(await query.lagOffsets()).toBe(end!.offset - position!.offset!);
  });
});

describe('pages of a store', () => {
  const KEYS = Array.from({ length: 50 }, (_, i) => `word-${String(i).padStart(2, '0')}`);

  async function running() {
    const log = await cluster({ words: PARTITIONS });
    await writeWords(
      log,
      KEYS.map((word, i) => [word, i] as const),
    );
    const declared = declare();
    const app = start(log.share(), declared.topology);
    await app.start();
    const isWhole = async () =>
      (await app.store(declared.counts.queryable).getMany(KEYS)).size === KEYS.length &&
      (await app.store(lengths).getMany(KEYS)).size === KEYS.length &&
      (await collect(app.store(declared.windows.queryable).fetchAll({ startMs: 0, endMs: 99 }))).length ===
        KEYS.length;
    await eventually(isWhole, 'all processed');
    return { app, ...declared };
  }

  const wordOf = (key: unknown) => (typeof key === 'string' ? key : (key as Windowed<string>).key);

  async function pages(app: StreamsApp, store: string, request: object, limit: number) {
    const sizes: number[] = [];
    const rows: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await app.queries
        .query(store)
        .page({ ...request, limit, ...(cursor !== undefined && { cursor }) });
      sizes.push(page.rows.length);
      rows.push(...page.rows.map(({ key }) => wordOf(key)));
      cursor = page.cursor ?? undefined;
    } while (cursor !== undefined);
    return { rows, sizes };
  }

  it('bring every entry once, whatever the size of a page', async () => {
    const { app } = await running();
    for (const limit of [1, 7, 50, 1_000]) {
      const { rows, sizes } = await pages(app, 'counts', {}, limit);
      expect(rows.toSorted()).toEqual(KEYS);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(limit);
    }
  });

  it('keep to a range of keys, a prefix, a span of time', async () => {
    const { app } = await running();
    const range = await pages(app, 'counts', { from: 'word-10', to: 'word-19' }, 3);
    expect(range.rows.toSorted()).toEqual(KEYS.slice(10, 20));
    const prefix = await pages(app, 'lengths', { prefix: Buffer.from('word-4') }, 3);
    expect(prefix.rows.toSorted()).toEqual(KEYS.slice(40));
    const span = await pages(app, 'windows', { span: { startMs: 10, endMs: 20 } }, 3);
    expect(span.rows.toSorted()).toEqual(KEYS.slice(10, 30));
  });

  it('refuse a cursor that is none, and lists', async () => {
    const { app } = await running();
    expect(await refusal(() => app.queries.query('counts').page({ limit: 1, cursor: 'x' }))).toBeInstanceOf(
      InvalidQueryError,
    );
    expect(await refusal(() => app.queries.query('lists').page({ limit: 1 }))).toBeInstanceOf(StoreKindError);
  });
});

/** Stores that outlive their owners, as a server's do. */
const shared = (stores: StorePort = inMemoryStores()): StorePort =>
  instead<StorePort>(stores, { durable: true });

function countWords() {
  const builder = new StreamsBuilder();
  const counts = builder.stream(words).groupByKey({ name: 'counts' }).count();
  return { counts: counts.queryable, topology: builder.build() };
}

describe('S1 a query shows what is committed only', () => {
  /** An application that commits, and waits before the step that the test says; and one that only reads. */
  async function running(stores: StorePort) {
    const log = await cluster({ words: 1 });
    const { counts, topology } = countWords();
    let held: CommitStep | null = null;
    const reached = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const watched = watchCommitSteps(log.share(), async (step) => {
      if (step !== held) return;
      held = null;
      reached.resolve();
      await released.promise;
    });
    const app = start(watched, topology, { stores });
    await app.start();
    const send = () =>
      write(log, { topic: 'words', partition: 0 }, [{ key: 'a', value: '', timestampMs: 1 }]);
    await send();
    await eventually(async () => (await app.store(counts).get('a')) === 1, 'the first is counted');
    return { log, counts, topology, app, send, reached, released, hold: (step: CommitStep) => (held = step) };
  }

  it.each(COMMIT_STEPS)('while a commit waits before step %s, and after it', async (step) => {
    for (const stores of [inMemoryStores(), shared()]) {
      const { app, counts, send, reached, released, hold } = await running(stores);
      hold(step);
      await send();
      await reached.promise;
      expect(await app.store(counts).get('a')).toBe(1);
      expect(await collect(app.store(counts).all())).toEqual([{ key: 'a', value: 1 }]);
      released.resolve();
      await eventually(async () => (await app.store(counts).get('a')) === 2, 'the second is counted');
    }
  });

  it.each(COMMIT_STEPS)(
    'when the owner dies before step %s: the next owner shows what is in the log',
    async (step) => {
      const stores = shared();
      const { app, log, counts, topology, send, reached, hold } = await running(stores);
      hold(step);
      await send();
      await reached.promise;
      const next = start(log.share(), topology, { stores, sessionTimeoutMs: 10_000 });
      const starting = next.start();
      await eventually(
        async () => (await next.store(counts).get('a')) !== undefined,
        'the next one can read',
      ).catch(() => {});
      await app.stop({ timeoutMs: 1 }).catch(() => {});
      await starting;
      await eventually(async () => (await next.store(counts).get('a')) === 2, 'the second is counted, once');
    },
  );

  it('when a transaction is aborted: the old value, or none of the time in which it is opened anew', async () => {
    const { app, counts, send, reached, released, hold } = await running(inMemoryStores());
    hold('end');
    await send();
    await reached.promise;
    released.reject(new LogError({ kind: 'abortable' }, 'the broker wants it aborted'));
    const seen = new Set<unknown>();
    await eventually(async () => {
      try {
        seen.add(await app.store(counts).get('a'));
      } catch (error) {
        expect(error).toBeInstanceOf(StoreNotAvailableError);
      }
      return seen.has(2);
    }, 'the second is counted');
    expect([...seen]).toEqual([1, 2]);
  });
});

describe('queries with several instances', () => {
  const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

  async function two(storesOf: (n: number) => StorePort) {
    const log = await cluster({ words: PARTITIONS });
    const { counts, topology } = countWords();
    const apps = [0, 1].map((n) =>
      start(log.share(), topology, { stores: storesOf(n), applicationServer: `pod-${n}:3000` }),
    );
    for (const app of apps) await app.start();
    for (const key of KEYS)
      await write(log, { topic: 'words', partition: partitionFor(Buffer.from(key), PARTITIONS) }, [
        { key, value: '', timestampMs: 1 },
      ]);
    return { log, counts, apps };
  }

  it('answer every key from any instance, where all can read the stores', async () => {
    const stores = shared();
    const { counts, apps } = await two(() => stores);
    for (const app of apps) {
      await eventually(
        async () => (await app.store(counts).getMany(KEYS)).size === KEYS.length,
        'all counted',
      );
      expect((await collect(app.store(counts).all())).map(({ key }) => key).toSorted()).toEqual(KEYS);
    }
  });

  it('answer without the application, where all can read the stores', async () => {
    const stores = shared();
    const { log, counts, apps } = await two(() => stores);
    await eventually(
      async () => (await apps[0]!.store(counts).getMany(KEYS)).size === KEYS.length,
      'all counted',
    );
    const { topology } = countWords();
    const options = { applicationId: 'queries', log, clock: systemClock };
    const queries = sharedStoreQueries(topology, { ...options, stores });
    expect((await queries.store(counts).getMany(KEYS)).size).toBe(KEYS.length); // the first that is asked
    expect(() => sharedStoreQueries(topology, { ...options, stores: inMemoryStores() })).toThrow(
      /in the memory/,
    );
  });

  it('name the owner of a key that lies in the memory of another instance', async () => {
    const { counts, apps } = await two(() => inMemoryStores());
    const answers = () =>
      Promise.all(
        KEYS.map((key) =>
          Promise.all(
            apps.map(async (app) => {
              try {
                return await app.store(counts).get(key);
              } catch (error) {
                return error instanceof StoreNotHereError ? error.place.owner : error;
              }
            }),
          ),
        ),
      );
    const isRight = ([zero, one]: readonly unknown[]) =>
      (zero === 1 && one === 'pod-0:3000') || (zero === 'pod-1:3000' && one === 1);
    await eventually(async () => (await answers()).every(isRight), 'each is answered by its owner');
    const found = await answers();
    expect(found.some(([zero]) => zero === 1) && found.some(([, one]) => one === 1)).toBe(true);
    expect(await refusal(() => collect(apps[0]!.store(counts).all()))).toBeInstanceOf(StoreNotHereError);
  });

  it('refuse what a store that was lost has not yet, instead of missing it', async () => {
    const memory = new InMemoryStorePort();
    const empty = memory.rollBackPoint();
    const { counts, apps } = await two(() => shared(memory));
    await eventually(
      async () => (await apps[0]!.store(counts).getMany(KEYS)).size === KEYS.length,
      'all counted',
    );
    empty();
    expect(await refusal(() => apps[0]!.store(counts).get('a'))).toMatchObject({
      code: 'HFS_STORE_NOT_AVAILABLE',
      message: expect.stringMatching(/is being restored: it stands at 0 of \d+ offsets/),
    });
  });
});
