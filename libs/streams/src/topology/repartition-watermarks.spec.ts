/** Event time on its way through repartition topics (ADR 7), by the real engine on the embedded log. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  double,
  json,
  string,
  StreamsBuilder,
  topic,
  tumbling,
  windowed,
  type KStream,
  type ProcessingGuarantee,
} from '@hiveframe/streams';
import { TopologyTestDriver, type TopologyTestDriverOptions } from '@hiveframe/streams-testing';

interface Visit {
  readonly page: string;
}
const visits = topic('visits', { key: string(), value: json<Visit>() });
const counts = topic('counts', { key: windowed(string()), value: double() });
const late = topic('late', { key: string(), value: json<Visit>() });

/** Visits of each page in windows of 10 s without grace; visitors are in two partitions. */
function countByPage(visitsOf: (visits: KStream<string, Visit>) => KStream<string, Visit> = (all) => all) {
  const builder = new StreamsBuilder();
  visitsOf(builder.stream(visits))
    .groupBy('page', { name: 'by-page' })
    .windowedBy(tumbling({ sizeMs: 10_000 }), {
      graceMs: 0,
      emit: 'final',
      late: (stream) => stream.to(late),
    })
    .count()
    .toStream()
    .to(counts);
  return builder.build();
}

class Pages implements AsyncDisposable {
  readonly driver: TopologyTestDriver;
  constructor(topology: ReturnType<typeof countByPage>, options: TopologyTestDriverOptions = {}) {
    this.driver = new TopologyTestDriver(topology, { numPartitions: 2, ...options });
  }

  async visit(page: string, partition: number, seconds: number): Promise<void> {
    const at = { key: `visitor-${partition}`, partition, timestampMs: seconds * 1_000 };
    await this.driver.input(visits).pipe({ page }, at);
  }
  /** `page@window start in seconds: visits`. */
  async counted(): Promise<string[]> {
    const found = await this.driver.output(counts).readAll();
    return found.map(({ key, value }) => `${key.key}@${key.window.startMs / 1_000}: ${value}`).sort();
  }
  async late(): Promise<number> {
    return (await this.driver.output(late).readAll()).length;
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.driver[Symbol.asyncDispose]();
  }
}

describe('behind a repartition topic', () => {
  const guarantees: ProcessingGuarantee[] = ['exactly_once', 'at_least_once'];
  it.each(guarantees)(
    'D3 nothing is late only because another task ran first (%s)',
    async (processingGuarantee) => {
      await using pages = new Pages(countByPage(), { processingGuarantee });
      await pages.visit('home', 1, 1);
      await pages.visit('home', 0, 100); // this task is far ahead
      await pages.visit('home', 1, 2);
      await pages.visit('home', 1, 3);
      expect([await pages.counted(), await pages.late()]).toEqual([[], 0]);
      await pages.visit('home', 1, 100);
      expect([await pages.counted(), await pages.late()]).toEqual([['home@0: 3'], 0]);
    },
  );

  it('D1 what was late for its own task is late', async () => {
    await using pages = new Pages(countByPage());
    await pages.visit('home', 0, 1);
    await pages.visit('home', 0, 100);
    await pages.visit('home', 0, 2);
    expect([await pages.counted(), await pages.late()]).toEqual([['home@0: 1'], 1]);
  });

  it('windows close when time goes on in other partitions, as the watermark reaches all of them', async () => {
    await using pages = new Pages(countByPage());
    const names = Array.from({ length: 8 }, (_, i) => `page-${i}`);
    for (const name of names) await pages.visit(name, 0, 1);
    await pages.visit('elsewhere', 0, 100);
    expect(await pages.counted()).toEqual(names.map((name) => `${name}@0: 1`));
  });

  it('D4 a restart remembers what each upstream task announced', async () => {
    await using pages = new Pages(countByPage());
    await pages.visit('home', 1, 1);
    await pages.visit('home', 0, 100);
    await pages.driver.crashAndRestart();
    await pages.visit('home', 0, 200);
    await pages.visit('home', 1, 2);
    expect([await pages.counted(), await pages.late()]).toEqual([[], 0]);
    await pages.visit('home', 1, 200);
    expect(await pages.counted()).toEqual(['home@0: 2', 'home@100: 1']);
  });

  it('D13 does not wait for a partition that has been silent for a second, and commits that it did not', async () => {
    await using pages = new Pages(countByPage());
    await pages.visit('home', 1, 1);
    await pages.visit('home', 0, 100);
    await pages.driver.advanceWallClock(1_000);
    expect(await pages.counted()).toEqual(['home@0: 1']);
    await pages.driver.crashAndRestart();
    await pages.visit('home', 1, 2);
    expect([await pages.counted(), await pages.late()]).toEqual([[], 1]);
  });

  it('waits as long for a silent partition as the source says', async () => {
    const builder = new StreamsBuilder();
    const patient = topic('visits', {
      key: string(),
      value: json<Visit>(),
      watermark: { delayMs: 0, idleAfterMs: 60_000 },
    });
    builder
      .stream(patient)
      .groupBy('page', { name: 'by-page' })
      .windowedBy(tumbling({ sizeMs: 10_000 }), { graceMs: 0, emit: 'final' })
      .count()
      .toStream()
      .to(counts);
    await using pages = new Pages(builder.build());
    await pages.visit('home', 1, 1);
    await pages.visit('home', 0, 100);
    await pages.driver.advanceWallClock(59_999);
    expect(await pages.counted()).toEqual([]);
    await pages.driver.advanceWallClock(1);
    expect(await pages.counted()).toEqual(['home@0: 1']);
  });

  it('goes on through a second repartition topic', async () => {
    const twice = countByPage((all) => all.selectKey(({ page }) => page).repartition({ name: 'first' }));
    await using pages = new Pages(twice);
    await pages.visit('home', 1, 1);
    await pages.visit('home', 0, 100);
    await pages.visit('home', 1, 2);
    await pages.visit('home', 1, 100);
    expect([await pages.counted(), await pages.late()]).toEqual([['home@0: 2'], 0]);
  });

  it('reaches every partition in time, also where they are too many to be told with each commit', async () => {
    await using pages = new Pages(countByPage(), { numPartitions: 24 });
    await pages.visit('home', 0, 1);
    await pages.visit('elsewhere', 0, 100);
    await pages.driver.advanceWallClock(240);
    expect(await pages.counted()).toEqual(['home@0: 1']);
  });

  it('D3 counts whatever was not late for its own partition, in any order, over crashes', async () => {
    const drawn = fc.array(
      fc.record({
        page: fc.constantFrom('home', 'news'),
        partition: fc.nat(2),
        second: fc.integer({ min: 0, max: 60 }),
        crash: fc.boolean(),
      }),
      { maxLength: 25 },
    );
    await fc.assert(
      fc.asyncProperty(drawn, async (visited) => {
        await using pages = new Pages(countByPage(), { numPartitions: 3, maxCachedBytes: 1 });
        for (const partition of [0, 1, 2]) await pages.visit('first', partition, 0);
        const reached = [0, 0, 0];
        let onTime = 0;
        for (const { page, partition, second, crash } of visited) {
          await pages.visit(page, partition, second);
          reached[partition] = Math.max(reached[partition]!, second);
          if (Math.floor(second / 10) * 10 + 10 > reached[partition]!) onTime++;
          if (crash) await pages.driver.crashAndRestart();
        }
        for (const partition of [0, 1, 2]) await pages.visit('last', partition, 1_000);
        const counts = (await pages.counted()).filter((one) => !one.startsWith('first'));
        const counted = counts.reduce((sum, one) => sum + Number(one.split(': ')[1]), 0);
        expect(counted).toBeGreaterThanOrEqual(onTime);
        expect(counted + (await pages.late())).toBe(visited.length);
        expect(new Set(counts.map((one) => one.split(': ')[0])).size).toBe(counts.length); // each window once
      }),
      { numRuns: 30 },
    );
  });
});
