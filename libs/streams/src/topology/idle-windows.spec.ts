/** Windows that close by the wall clock, because no more records come; by the real engine. */
import { describe, expect, it } from '@jest/globals';
import {
  double,
  inMemoryStores,
  json,
  seconds,
  string,
  StreamsBuilder,
  topic,
  tumbling,
  windowed,
} from '@hiveframe/streams';
import { embedded } from '@hiveframe/streams-embedded';
import { TopologyTestDriver, type TopologyTestDriverOptions } from '@hiveframe/streams-testing';

interface Visit {
  readonly page: string;
}
const visits = topic('visits', {
  key: string(),
  value: json<Visit>(),
  watermark: { delayMs: seconds(2), idleAfterMs: seconds(5), whenIdle: 'advance' },
});
const counts = topic('counts', { key: windowed(string()), value: double() });
const late = topic('late', { key: string(), value: json<Visit>() });

function counting(by: 'visitor' | 'page' = 'visitor', options: TopologyTestDriverOptions = {}) {
  const builder = new StreamsBuilder();
  const all = builder.stream(visits);
  const keyed = by === 'visitor' ? all : all.selectKey(({ page }) => page);
  keyed
    .groupByKey({ name: 'counts' })
    .windowedBy(tumbling({ sizeMs: seconds(10) }), {
      graceMs: 0,
      emit: 'final',
      late: (stream) => stream.to(late),
    })
    .count()
    .toStream()
    .to(counts);
  return new TopologyTestDriver(builder.build(), { numPartitions: 2, ...options });
}

describe('a watermark that goes on with the clock while all is silent', () => {
  it('closes windows for which no record comes any more, when a steady stream would have closed them', async () => {
    await using driver = counting();
    await driver.input(visits).pipe({ page: 'home' }, { key: 'a', timestampMs: 4_000 });
    await driver.advanceWallClock(7_999);
    expect(await driver.output(counts).readAll()).toEqual([]);
    await driver.advanceWallClock(1_000); // at the latest a step behind 10 s + 2 s delay
    expect(await driver.output(counts).readAll()).toMatchObject([
      { key: { key: 'a', window: { startMs: 0, endMs: 10_000 } }, value: 1, timestampMs: 4_000 },
    ]);
  });

  it('D13 what closed by the clock stays closed after a crash, and is given once', async () => {
    await using driver = counting();
    await driver.input(visits).pipe({ page: 'home' }, { key: 'a', timestampMs: 4_000 });
    await driver.advanceWallClock(60_000);
    await driver.crashAndRestart();
    await driver.input(visits).pipe({ page: 'home' }, { key: 'a', timestampMs: 5_000 });
    await driver.input(visits).pipe({ page: 'home' }, { key: 'a', timestampMs: 500_000 });
    expect(await driver.output(counts).readValues()).toEqual([1]);
    expect(await driver.output(late).readAll()).toHaveLength(1);
  });

  it('counts as silence only what it could have heard: not the time that a restore took', async () => {
    const stores = inMemoryStores();
    const open = stores.open.bind(stores);
    let openingMs = 0;
    stores.open = (...asked) => {
      driver.clock.advance(openingMs);
      return open(...asked);
    };
    await using driver = counting('visitor', { numPartitions: 1, stores });
    await driver.input(visits).pipe({ page: 'home' }, { key: 'a', timestampMs: 4_000 });
    openingMs = 60_000;
    await driver.crashAndRestart();
    await driver.input(visits).pipe({ page: 'home' }, { key: 'a', timestampMs: 5_000 });
    await driver.advanceWallClock(60_000);
    expect(await driver.output(counts).readValues()).toEqual([2]);
    expect(await driver.output(late).readAll()).toEqual([]);
  });

  it('counts as silence nothing of the time in which the log does not answer', async () => {
    const log = embedded();
    const open = log.reader.bind(log);
    let awaySinceMs = Infinity;
    log.reader = (options) => {
      const reader = open(options);
      const isAway = () => awaySinceMs < Infinity;
      return {
        assign: (at, fromOffset) => reader.assign(at, fromOffset),
        unassign: (at) => reader.unassign(at),
        pause: (at) => reader.pause(at),
        resume: (at) => reader.resume(at),
        poll: async (wait) => (isAway() ? [] : reader.poll(wait)),
        sinceCaughtUpMs: (at) => (isAway() ? driver.clock.nowMs() - awaySinceMs : reader.sinceCaughtUpMs(at)),
        close: () => reader.close(),
      };
    };
    await using driver = counting('visitor', { numPartitions: 1, log });
    await driver.input(visits).pipe({ page: 'home' }, { key: 'a', timestampMs: 4_000 });
    await driver.advanceWallClock(1_000);
    awaySinceMs = driver.clock.nowMs();
    await driver.input(visits).pipe({ page: 'home' }, { key: 'a', timestampMs: 5_000 });
    await driver.advanceWallClock(60_000);
    expect(await driver.output(counts).readAll()).toEqual([]);
    awaySinceMs = Infinity;
    await driver.settle();
    await driver.advanceWallClock(10_000);
    expect(await driver.output(counts).readValues()).toEqual([2]);
    expect(await driver.output(late).readAll()).toEqual([]);
  });

  it('waits for nothing that is still in the log, and starts anew with each record', async () => {
    await using driver = counting();
    for (let at = 0; at < 10_000; at += 1_000) {
      await driver.input(visits).pipe({ page: 'home' }, { key: 'a', timestampMs: at });
      await driver.advanceWallClock(4_999);
    }
    expect(await driver.output(counts).readAll()).toEqual([]);
    await driver.advanceWallClock(5_000);
    expect(await driver.output(counts).readValues()).toEqual([10]);
  });

  it('goes on behind a repartition topic too', async () => {
    await using driver = counting('page');
    await driver.input(visits).pipe({ page: 'home' }, { key: 'a', timestampMs: 4_000 });
    await driver.advanceWallClock(9_000);
    expect(await driver.output(counts).readValues()).toEqual([1]);
  });

  it('needs to know when a partition is idle', () => {
    const declare = () => topic('t', { value: string(), watermark: { whenIdle: 'advance' } });
    expect(declare).toThrow("Cannot declare topic 't': watermark.whenIdle is 'advance'");
  });
});
