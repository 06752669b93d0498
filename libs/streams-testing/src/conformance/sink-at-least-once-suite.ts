/** `AtLeastOnceSink`, by its calls alone. */
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import type { AtLeastOnceSink } from '@hiveframe/streams';
import type { SinkSample, SinksUnderTest, SinkTargetUnderTest } from './sink-conformance.ts';
import { ascending, range, samples, sinkRecord } from './sink-samples.ts';

type Sink = AtLeastOnceSink<string, SinkSample>;

export function describeAtLeastOnceSink(subject: SinksUnderTest<Sink>): void {
  const made: Sink[] = [];
  const opened = async (target: SinkTargetUnderTest<Sink>) => {
    const sink = target.sink();
    made.push(sink);
    await sink.open?.('topic', 0);
    return sink;
  };
  afterEach(async () => {
    await Promise.all(made.splice(0).map((sink) => sink.close()));
  }, 30_000);
  afterAll(async () => subject.stop?.(), 60_000);

  it('has what it acknowledged', async () => {
    const target = await subject.target();
    const sink = await opened(target);
    await sink.write(samples(0, 3));
    expect(ascending(await target.ids())).toEqual([0, 1, 2]);
    await sink.write(samples(3, 1_003));
    expect(ascending(await target.ids())).toEqual(range(0, 1_003));
  });

  it('takes again what it had', async () => {
    const target = await subject.target();
    await (await opened(target)).write(samples(0, 3));
    await (await opened(target)).write(samples(1, 4));
    expect([...new Set(ascending(await target.ids()))]).toEqual([0, 1, 2, 3]);
  });

  describe('rejected records', () => {
    it('are told, and hold up no other of their batch', async () => {
      const target = await subject.target();
      if (target.impossible === undefined) return;
      const sink = await opened(target);
      const good = samples(0, 4);
      const rejected = await sink.write([good[0]!, good[1]!, sinkRecord(target.impossible, 2), good[3]!]);
      expect(rejected?.map(({ offset }) => offset)).toEqual([2]);
      expect([...new Set(ascending(await target.ids()))]).toEqual([0, 1, 3]);
    });
  });

  it('fails while the target is away, and goes on behind it', async () => {
    const target = await subject.target();
    if (target.outage === undefined) return;
    const sink = await opened(target);
    const restore = await target.outage();
    await expect(sink.write(samples(0, 2))).rejects.toThrow();
    await restore();
    await sink.open?.('topic', 0);
    await sink.write(samples(0, 2));
    expect([...new Set(ascending(await target.ids()))]).toEqual([0, 1]);
  }, 60_000);
}
