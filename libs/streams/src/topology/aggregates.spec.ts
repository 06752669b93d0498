/** Aggregates that keep more than numbers, in windows, sessions and tables, over crashes; by the real engine. */
import { describe, expect, it } from '@jest/globals';
import {
  approxCountDistinct,
  avg,
  collectSet,
  count,
  countDistinct,
  json,
  last,
  max,
  minutes,
  percentile,
  session,
  string,
  StreamsBuilder,
  topic,
  tumbling,
  type KStream,
  type Windowed,
} from '@hiveframe/streams';
import { TopologyTestDriver } from '@hiveframe/streams-testing';

interface Request {
  readonly user: string;
  readonly latencyMs: number;
  readonly at: number;
}
const requests = topic('requests', { key: string(), value: json<Request>(), timestamp: 'at' });
const rows = topic('rows', { key: string(), value: json<object>() });

const columns = [
  countDistinct('user').alias('users'),
  approxCountDistinct('user').alias('about_users'),
  percentile('latencyMs', 0.5).alias('median'),
  collectSet('user', { maxValues: 2 }).alias('some'),
  last('user').alias('last'),
  count('*').alias('n'),
] as const;

/** What is given for these requests, with a crash behind each or none. */
async function given(
  declare: (builder: StreamsBuilder) => KStream<Windowed<string>, object>,
  piped: readonly Request[],
  crash: boolean,
): Promise<readonly object[]> {
  const builder = new StreamsBuilder();
  declare(builder)
    .map((value, { key }) => ({ key, value }))
    .to(rows);
  await using driver = new TopologyTestDriver(builder.build(), { maxCachedBytes: 1 });
  for (const request of piped) {
    await driver.input(requests).pipe(request, { key: 'page' });
    if (crash) await driver.crashAndRestart();
  }
  return await driver.output(rows).readValues();
}
const request = (at: number, user: string, latencyMs = 100): Request => ({ user, latencyMs, at });

describe('aggregates that keep more than numbers', () => {
  it.each([false, true])('count on where they stopped (crash behind each record: %s)', async (crash) => {
    const found = await given(
      (builder) =>
        builder
          .stream(requests)
          .groupByKey({ name: 'page' })
          .windowedBy(tumbling({ sizeMs: 1_000 }), { graceMs: 0, emit: 'final' })
          .agg(...columns)
          .toStream()
          .mapValues((row): object => row),
      [
        request(0, 'a'),
        request(900, 'b', 300),
        request(300, 'a'),
        request(400, 'c', 300),
        request(5_000, 'z'),
      ],
      crash,
    );
    expect(found).toEqual([
      {
        key: 'page',
        window_start: 0,
        window_end: 1_000,
        users: 3,
        about_users: 3,
        median: expect.closeTo(100, -0.1),
        some: ['a', 'b'],
        last: 'c',
        n: 4,
      },
    ]);
  });

  it.each([false, true])('merge when sessions do (crash behind each record: %s)', async (crash) => {
    const found = await given(
      (builder) =>
        builder
          .stream(requests)
          .groupByKey({ name: 'page' })
          .windowedBy(session({ gapMs: 1_000 }), { graceMs: minutes(1), emit: 'final' })
          .agg(...columns)
          .toStream()
          .mapValues((row): object => row),
      [request(0, 'a'), request(1_800, 'b', 300), request(1_000, 'a'), request(200_000, 'z')],
      crash,
    );
    expect(found).toMatchObject([
      { window_start: 0, window_end: 1_800, users: 2, about_users: 2, some: ['a', 'b'], last: 'a', n: 3 },
    ]);
  });
});

describe("agg over a table's groups", () => {
  const users = topic('users', { key: string(), value: json<{ team: string | null; age: number }>() });
  const byTeam = () => {
    const builder = new StreamsBuilder();
    const grouped = builder
      .table(users, { name: 'users' })
      .groupBy((user) => ({ key: user.team, value: user }), { name: 'by-team' });
    return { builder, grouped };
  };

  it.each([false, true])('D23 takes a row out as it was, puts it in as it is (crash: %s)', async (crash) => {
    const { builder, grouped } = byTeam();
    grouped
      .agg(
        count('*').alias('n'),
        avg('age').alias('avg'),
        countDistinct('age').alias('ages'),
        percentile('age', 1).alias('oldest'),
      )
      .mapValues((row): object => row)
      .to(rows);
    await using driver = new TopologyTestDriver(builder.build());
    const pipe = async (key: string, team: string | null, age: number) => {
      await driver.input(users).pipe(team === null ? null : { team, age }, { key });
      if (crash) await driver.crashAndRestart();
    };
    await pipe('a', 'red', 20);
    await pipe('b', 'red', 40);
    await pipe('a', 'red', 40);
    await pipe('b', 'blue', 40);
    await pipe('a', null, 0);
    const found = await driver.output(rows).readAll();
    const about = (age: number): number => expect.closeTo(age, 0) as unknown as number;
    expect(found.map(({ key, value }) => [key, value])).toEqual([
      ['red', { key: 'red', n: 1, avg: 20, ages: 1, oldest: about(20) }],
      ['red', { key: 'red', n: 2, avg: 30, ages: 2, oldest: about(40) }],
      ['red', { key: 'red', n: 2, avg: 40, ages: 1, oldest: about(40) }],
      ['red', { key: 'red', n: 1, avg: 40, ages: 1, oldest: about(40) }],
      ['blue', { key: 'blue', n: 1, avg: 40, ages: 1, oldest: about(40) }],
      ['red', null],
    ]);
  });

  it('a row that is refused is in no group: the one before it leaves', async () => {
    const { builder, grouped } = byTeam();
    grouped
      .agg(avg('age').alias('avg'), count('*').alias('n'))
      .mapValues((row): object => row)
      .to(rows);
    await using driver = new TopologyTestDriver(builder.build(), { onProcessingFailure: () => 'deadLetter' });
    const pipe = (age: unknown) =>
      driver.input(users).pipe({ team: 'red', age: age as number }, { key: 'a' });
    await pipe(20);
    await pipe('old');
    await pipe(30);
    expect(await driver.output(rows).readValues()).toEqual([
      { key: 'red', avg: 20, n: 1 },
      null,
      { key: 'red', avg: 30, n: 1 },
    ]);
    expect(await driver.deadLetters.readAll()).toHaveLength(1);
  });

  it('is refused for what cannot take a row out again, also where the compiler did not see it', () => {
    const { grouped } = byTeam();
    const untyped = grouped as unknown as { agg(aggregate: unknown): unknown };
    expect(() => untyped.agg(max('age').alias('max_age'))).toThrow(
      "Cannot aggregate a table's groups by max_age",
    );
  });
});
