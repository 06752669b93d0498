/** With an application that makes the dead letters. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { embedded, type EmbeddedLog } from '@hiveframe/streams-embedded';
import { TopologyTestDriver } from '@hiveframe/streams-testing';
import {
  DEAD_LETTER_HEADERS,
  DeadLetters,
  json,
  RecordBatchWriter,
  string,
  StreamsBuilder,
  topic,
  type DeadLettersOptions,
  type Headers,
} from '@hiveframe/streams';
import { FetchingSerde } from '../../test/support/fetching-serde.ts';

interface Job {
  readonly size: number;
}
const jobs = topic('jobs', { key: string(), value: json<Job>() });
const done = topic('done', { key: string(), value: json<number>() });
const by = 'ada';

function topology(isMended = false) {
  const builder = new StreamsBuilder();
  builder
    .stream(jobs)
    .mapValues(({ size }) => {
      if (size < 0 && !isMended) throw new RangeError(`size ${size}`);
      return size;
    })
    .groupBy((_value, key) => key, { name: 'jobs' })
    .count()
    .toStream()
    .mapValues((count) => count ?? 0)
    .to(done);
  return builder.build();
}

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function cluster(): EmbeddedLog {
  const log = embedded();
  closing.push(() => log.close(1_000));
  return log;
}
function start(log: EmbeddedLog, isMended = false): TopologyTestDriver {
  const driver = new TopologyTestDriver(topology(isMended), { log: log.share(), numPartitions: 2 });
  closing.push(() => driver[Symbol.asyncDispose]());
  return driver;
}
const of = (log: EmbeddedLog, options: Partial<DeadLettersOptions> = {}) =>
  new DeadLetters({ applicationId: 'test', log, ...options });

async function write(log: EmbeddedLog, headers: Headers, value: string | null = 'x'): Promise<void> {
  const records = new RecordBatchWriter();
  records.append(null, value === null ? null : Buffer.from(value), 7, headers);
  await log.admin.create([{ topic: 'test-dead-letters', numPartitions: 1 }]);
  await log.writer().send([{ topic: 'test-dead-letters', partition: 0, records: records.take() }]);
}
const header = (name: string, text: string) => [name, Buffer.from(text)] as const;

describe('a dead letter of an application', () => {
  it('is replayed with its own time, and processed once by the application that was mended', async () => {
    const log = cluster();
    const broken = start(log);
    await broken.input(jobs).pipe({ size: -1 }, { key: 'a', timestampMs: 5_000 });
    await broken.input(jobs).pipe({ size: 5 }, { key: 'a', timestampMs: 6_000 });
    await broken.settle();
    await broken[Symbol.asyncDispose]();
    const [letter] = (await of(log).list()).items;
    expect(letter).toMatchObject({
      timestampMs: 5_000,
      reason: { kind: 'processing', taskId: '0_0' },
      source: { topic: 'jobs' },
      headers: [],
      replays: 0,
    });
    const mended = start(log, true);
    expect(await of(log).replay({ all: true }, { by })).toMatchObject({ replayed: 1 });
    expect(await of(log).replay({ all: true }, { by })).toMatchObject({ replayed: 0 });
    await mended.settle();
    const results = await mended.output(done).readAll();
    expect(results.map(({ value }) => value)).toEqual([1, 2]);
    expect(results.at(-1)!.timestampMs).toBe(6_000); // of a count: the latest of what is in it
  });

  it('that comes back again and again is refused after three replays, unless it is forced', async () => {
    const log = cluster();
    const driver = start(log);
    await driver.input(jobs).pipe({ size: -1 }, { key: 'a' });
    const replayed = async (force = false) => {
      await driver.settle();
      return of(log).replay({ all: true }, { by, force });
    };
    for (let time = 0; time < 3; time++)
      expect(await replayed()).toMatchObject({
        replayed: 1,
        outcomes: expect.arrayContaining([expect.objectContaining({ count: time + 1 })]),
      });
    expect(await replayed()).toMatchObject({
      replayed: 0,
      refused: { alreadyReplayed: 3, tooManyReplays: 1 },
    });
    expect(await replayed(true)).toMatchObject({ replayed: 1, refused: { alreadyReplayed: 3 } });
    await driver.settle();
    const { items } = await of(log).list();
    expect(items.map(({ replays, headers }) => [replays, headers.length])).toEqual(
      [0, 1, 2, 3, 4].map((replays) => [replays, 0]),
    );
    expect((await of(log).audit()).items.map(({ count, forced }) => [count, forced])).toEqual([
      [1, false],
      [2, false],
      [3, false],
      [4, true],
    ]);
  });

  it('tells whether the sources of the topology would decode it', async () => {
    const log = cluster();
    const driver = start(log);
    await driver.input(jobs).pipeBytes(Buffer.from('{"size":'), { key: Buffer.from('a') });
    await driver.settle();
    const deadLetters = of(log, { topology: topology() });
    const outcome = async (value?: string) => {
      const edit = value === undefined ? undefined : { value: { text: value } };
      return (await deadLetters.replay({ all: true }, { by, dryRun: true, edit })).outcomes[0];
    };
    expect(await outcome()).toMatchObject({ decodes: false, decodeError: expect.stringContaining('JSON') });
    expect(await outcome('{"size":1}')).toMatchObject({ decodes: true });
    const gone = await deadLetters.replay({ all: true }, { by, dryRun: true, edit: { value: null } });
    expect(gone.outcomes[0]).toMatchObject({ decodes: false, decodeError: 'its value is null' });
  });

  it('tells so when what its serde needs is fetched, and that it is not known while that is away', async () => {
    const serde = new FetchingSerde();
    const builder = new StreamsBuilder();
    builder.stream(topic('jobs', { key: string(), value: serde })).to(topic('done', { value: string() }));
    const log = cluster();
    const driver = start(log);
    await driver.input(jobs).pipeBytes(Buffer.from('a job'), { key: Buffer.from('a') });
    await driver.settle();
    const deadLetters = of(log, { topology: builder.build() });
    const outcome = async () => (await deadLetters.replay({ all: true }, { by, dryRun: true })).outcomes[0];
    serde.isAway = true;
    expect(await outcome()).toMatchObject({ decodes: null, decodeError: 'The letters are away.' });
    serde.isAway = false;
    expect(await outcome()).toMatchObject({ decodes: true });
  });
});

describe('dead letters', () => {
  it('that another program wrote are shown as far as they say, and go to a topic that is named', async () => {
    const log = cluster();
    await write(log, [header('trace', 't1')]);
    expect(await of(log).get({ partition: 0, offset: 0 })).toMatchObject({
      reason: { kind: '', message: '' },
      source: null,
      timestampMs: 7,
      headers: [['trace', Buffer.from('t1')]],
    });
    expect(await of(log).replay({ all: true }, { by })).toMatchObject({
      refused: { noSource: 1 },
      outcomes: [{ message: 'it does not say from which topic it came: name a topic for it' }],
    });
    await log.admin.create([{ topic: 'mended', numPartitions: 2 }]);
    expect(await of(log).replay({ all: true }, { by, to: 'mended' })).toMatchObject({ replayed: 1 });
  });

  it('keep headers of the record that have the names of ours', async () => {
    const log = cluster();
    const message = DEAD_LETTER_HEADERS.message;
    await write(log, [header(message, 'of the record'), header(message, 'why')]);
    expect(await of(log).get({ partition: 0, offset: 0 })).toMatchObject({
      reason: { message: 'why' },
      headers: [[message, Buffer.from('of the record')]],
    });
  });

  it('do not count what was replayed from the dead letters of another application', async () => {
    const log = cluster();
    await write(log, [
      header('__streams.replay.count', '9'),
      header('__streams.replay.topic', 'other-dead-letters'),
    ]);
    expect(await of(log).get({ partition: 0, offset: 0 })).toMatchObject({ replays: 0 });
  });

  it('whose value was left out are replayed only with another', async () => {
    const log = cluster();
    await log.admin.create([{ topic: 'mended', numPartitions: 1 }]);
    await write(log, [header(DEAD_LETTER_HEADERS.omittedBytes, '5000')], null);
    const replay = (edit?: object) => of(log).replay({ all: true }, { by, to: 'mended', edit });
    expect((await replay()).refused).toEqual({ valueOmitted: 1 });
    expect((await replay({ value: { merge: {} } })).refused).toEqual({ valueOmitted: 1 });
    expect(await replay({ value: { text: 'short' } })).toMatchObject({ replayed: 1 });
  });

  it('are not replayed from a topic that was made anew beside an audit of the former one', async () => {
    const log = cluster();
    await write(log, []);
    await write(log, []);
    await log.admin.create([{ topic: 'mended', numPartitions: 1 }]);
    await of(log).replay({ all: true }, { by, to: 'mended' });
    await log.admin.deleteTopics(['test-dead-letters']);
    await write(log, []);
    await expect(of(log).replay({ all: true }, { by, to: 'mended' })).rejects.toThrow(
      'test-dead-letters-audit knows of replays beyond its end, so the topic was made anew',
    );
  });

  it('of an application that never ran are none', async () => {
    const log = cluster();
    expect(await of(log).list()).toEqual({ items: [], cursor: null });
    expect(await of(log).audit()).toEqual({ items: [], cursor: null });
    expect(await of(log).replay({ all: true }, { by })).toMatchObject({ replayed: 0, refused: {} });
  });

  it('end a replay before its next transaction when the signal says so', async () => {
    const log = cluster();
    await write(log, []);
    const stopped = of(log).replay({ all: true }, { by, signal: AbortSignal.abort(new Error('stopped')) });
    await expect(stopped).rejects.toThrow('stopped');
  });

  it.each([
    ['nothing is said', {}, {}],
    ['it must be an object', null, {}],
    ['there is no topics', { topics: 'a' }, {}],
    ['partition must be a whole number, is -1', { partition: -1 }, {}],
    ['reason must be a text', { reason: '' }, {}],
    ['letters must be a list', { letters: [] }, {}],
    ['letters goes with nothing else', { letters: [{ partition: 0, offset: 0 }], reason: 'a' }, {}],
    ['offset must be a whole number', { letters: [{ partition: 0 }] }, {}],
    ['who replays must be said', { all: true }, { by: ' ' }],
    ['test-dead-letters is no place for its records', { all: true }, { to: 'test-dead-letters' }],
    ['limit must be a whole number above 0', { all: true }, { limit: 0 }],
    ['no cursor', { all: true }, { cursor: 'x' }],
    ['Cannot edit a dead letter', { all: true }, { edit: { a: 1 } }],
  ])('refuse to be replayed where %s', async (message, selection, options) => {
    const replay = of(cluster()).replay(selection as never, { by, ...options } as never);
    await expect(replay).rejects.toThrow(message);
  });

  it.each([
    [{ limit: 0 }, 'limit must be from 1 to 1000'],
    [{ cursor: '1' }, "Cannot go on at '1'"],
    [{ topc: 'a' }, 'there is no topc'],
  ])('refuse to be listed by %j', async (options, message) => {
    await expect(of(cluster()).list(options as never)).rejects.toThrow(message);
  });

  it('refuse settings that are none', () => {
    expect(() => of(cluster(), { maxReplays: 0 })).toThrow('maxReplays must be a whole number above 0');
  });
});
