/** X1 to X3 of `ExactlyOnceSink`, by its calls alone. */
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { SinkError, type ExactlyOnceSink, type SinkPartition } from '@hiveframe/streams';
import type { SinkSample, SinksUnderTest, SinkTargetUnderTest } from './sink-conformance.ts';
import { ascending, range, samples, sinkRecord, uniqueTopic, upTo } from './sink-samples.ts';

type Sink = ExactlyOnceSink<string, SinkSample>;
type Partition = SinkPartition<string, SinkSample>;

export function describeExactlyOnceSink(subject: SinksUnderTest<Sink>): void {
  const made: Sink[] = [];
  const sinkOf = (target: SinkTargetUnderTest<Sink>) => {
    const sink = target.sink();
    made.push(sink);
    return sink;
  };
  afterEach(async () => {
    await Promise.all(made.splice(0).map((sink) => sink.close()));
  }, 30_000);
  afterAll(async () => subject.stop?.(), 60_000);

  describe('X1 rows and position together', () => {
    it('begins without a position', async () => {
      const sink = sinkOf(await subject.target());
      expect((await sink.open(uniqueTopic(), 0)).position).toBeNull();
    });

    it('gives the position back to whoever opens it next, with what was rejected', async () => {
      const target = await subject.target();
      const topic = uniqueTopic();
      const sink = sinkOf(target);
      const owner = await sink.open(topic, 0);
      await owner.write(samples(0, 3, topic), upTo(3));
      expect((await sink.open(topic, 0)).position).toEqual(upTo(3));
      const next = await sinkOf(target).open(topic, 0);
      expect(next.position).toEqual(upTo(3));
      await next.write(samples(7, 9, topic), upTo(9, [4, 5]));
      expect((await sinkOf(target).open(topic, 0)).position).toEqual(upTo(9, [4, 5]));
      expect(ascending(await target.ids())).toEqual([0, 1, 2, 7, 8]);
    });

    it('keeps the positions of partitions and topics apart', async () => {
      const target = await subject.target();
      const topic = uniqueTopic();
      const places = [
        [topic, 0],
        [topic, 1],
        [topic, 10],
        [`${topic}-1`, 0],
      ] as const;
      const sink = sinkOf(target);
      const owners = await Promise.all(places.map(([name, partition]) => sink.open(name, partition)));
      await Promise.all(
        owners.map((owner, i) => owner.write([sinkRecord({ id: i, text: 'x' }, i)], upTo(i + 1))),
      );
      const again = await Promise.all(places.map(([name, partition]) => sink.open(name, partition)));
      expect(again.map(({ position }) => position?.offset)).toEqual([1, 2, 3, 4]);
    });

    it('takes a batch of many records as one of few', async () => {
      const target = await subject.target();
      const topic = uniqueTopic();
      const owner = await sinkOf(target).open(topic, 0);
      await owner.write(samples(0, 1_000, topic), upTo(1_000));
      await owner.write(samples(1_000, 1_001, topic), upTo(1_001));
      expect(ascending(await target.ids())).toEqual(range(0, 1_001));
    });
  });

  describe('X2 fencing', () => {
    it('refuses the write of an older owner: neither rows nor position change', async () => {
      const target = await subject.target();
      const topic = uniqueTopic();
      const older = await sinkOf(target).open(topic, 0);
      await older.write(samples(0, 2, topic), upTo(2));
      const newer = await sinkOf(target).open(topic, 0);
      await expectFenced(older.write(samples(2, 5, topic), upTo(5)));
      expect(ascending(await target.ids())).toEqual([0, 1]);
      await newer.write(samples(2, 3, topic), upTo(3));
      await expectFenced(older.write(samples(3, 5, topic), upTo(5)));
      expect((await sinkOf(target).open(topic, 0)).position).toEqual(upTo(3));
      expect(ascending(await target.ids())).toEqual([0, 1, 2]);
    });

    it('fences within one sink as between two', async () => {
      const sink = sinkOf(await subject.target());
      const topic = uniqueTopic();
      const older = await sink.open(topic, 0);
      const newer = await sink.open(topic, 0);
      await expectFenced(older.write(samples(0, 1, topic), upTo(1)));
      await newer.write(samples(0, 1, topic), upTo(1));
    });

    it('decides for one of the two when a write and a takeover meet', async () => {
      const target = await subject.target();
      const [left, right] = [sinkOf(target), sinkOf(target)];
      const topic = uniqueTopic();
      let owner: Partition = await left.open(topic, 0);
      let offset = 0;
      for (let round = 0; round < 30; round++) {
        const writing = settled(owner.write(samples(offset, offset + 3, topic), upTo(offset + 3)));
        if (round % 3 === 1) await new Promise((resolve) => setImmediate(resolve));
        const opening = (round % 2 === 0 ? right : left).open(topic, 0);
        const [written, newer] = await Promise.all([writing, opening]);
        const position = newer.position?.offset ?? 0;
        expect(position).toBe(written ? offset + 3 : offset);
        offset = position;
        owner = newer;
      }
      expect(ascending(await target.ids())).toEqual(range(0, offset));
    }, 60_000);
  });

  describe('rejected records', () => {
    it('are told, kept with the position, and hold up no other of their batch', async () => {
      const target = await subject.target();
      if (target.impossible === undefined) return;
      const topic = uniqueTopic();
      const owner = await sinkOf(target).open(topic, 0);
      const good = samples(0, 6, topic);
      const batch = [
        ...good.slice(0, 2),
        sinkRecord(target.impossible, 2, topic),
        ...good.slice(3, 5),
        sinkRecord(target.impossible, 5, topic),
      ];
      const rejected = await owner.write(batch, upTo(6, [1]));
      expect(rejected?.map((one) => one.offset)).toEqual([2, 5]);
      expect(rejected?.every(({ reason }) => reason.message.length > 0)).toBe(true);
      expect(ascending(await target.ids())).toEqual([0, 1, 3, 4]);
      const next = await sinkOf(target).open(topic, 0);
      expect(next.position).toEqual(upTo(6, [1, 2, 5]));
    });

    it('may be all of a batch', async () => {
      const target = await subject.target();
      if (target.impossible === undefined) return;
      const topic = uniqueTopic();
      const owner = await sinkOf(target).open(topic, 0);
      await owner.write([sinkRecord(target.impossible, 0, topic)], upTo(1));
      await owner.write(samples(1, 2, topic), upTo(2, [0]));
      expect(await target.ids()).toEqual([1]);
    });
  });

  it('X3 says after an outage where it stands, and goes on', async () => {
    const target = await subject.target();
    if (target.outage === undefined) return;
    const topic = uniqueTopic();
    const sink = sinkOf(target);
    const owner = await sink.open(topic, 0);
    await owner.write(samples(0, 2, topic), upTo(2));
    const restore = await target.outage();
    await expect(owner.write(samples(2, 4, topic), upTo(4))).rejects.toThrow();
    await restore();
    const again = await sink.open(topic, 0);
    await again.write(samples(again.position!.offset, 4, topic), upTo(4));
    expect(ascending(await target.ids())).toEqual([0, 1, 2, 3]);
  }, 60_000);
}

/** True: it was written; false: it was fenced. */
async function settled(writing: Promise<unknown>): Promise<boolean> {
  try {
    await writing;
    return true;
  } catch (error) {
    if (error instanceof SinkError && error.failure === 'fenced') return false;
    throw error;
  }
}

async function expectFenced(writing: Promise<unknown>): Promise<void> {
  await expect(writing).rejects.toMatchObject({ code: 'HFS_SINK', failure: 'fenced' });
}
