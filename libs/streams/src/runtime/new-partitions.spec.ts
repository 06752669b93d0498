import { describe, expect, it } from '@jest/globals';
import { json, string, StreamsApp, StreamsBuilder, topic, tumbling } from '@hiveframe/streams';
import { instead } from '../../test/support/instead.ts';
import { afterTest, cluster, eventually, readNumbers, write } from '../../test/support/cluster.ts';

interface Visit {
  readonly page: string;
  readonly at: number;
}
const visits = topic('visits', { key: string(), value: json<Visit>(), timestamp: 'at' });
const counts = topic('counts', { key: string(), value: json<number>() });
const late = topic('late', { key: string(), value: json<number>() });

describe('a partition that its source gets while the application runs', () => {
  it('is waited for behind a repartition topic before its task has told its time', async () => {
    const log = await cluster({ visits: 2, counts: 1, late: 1 });
    const visit = (partition: number, page: string, seconds: number) => {
      const at = seconds * 1_000;
      const value = JSON.stringify({ page, at } satisfies Visit);
      return write(log, { topic: 'visits', partition }, [{ key: page, value, timestampMs: at }]);
    };
    const slow = Promise.withResolvers<void>();
    const taken = Promise.withResolvers<void>();
    const builder = new StreamsBuilder();
    builder
      .stream(visits)
      .mapValuesAsync(
        async (one) => {
          if (one.page !== 'slow') return one;
          taken.resolve();
          await slow.promise;
          return one;
        },
        { name: 'look-up', concurrency: 1, timeoutMs: 60_000 },
      )
      .groupBy('page', { name: 'by-page', numPartitions: 1 })
      .windowedBy(tumbling({ sizeMs: 10_000 }), {
        graceMs: 0,
        emit: 'final',
        late: (stream) => stream.mapValues(({ at }) => at).to(late),
      })
      .count()
      .toStream()
      .map((count, { key }) => ({ key, value: count }))
      .to(counts);

    // The second partition comes to be when the application has started.
    const shared = log.share();
    let numPartitions = 1;
    const admin = instead(shared.admin, {
      describe: async (topics) => {
        const found = new Map(await shared.admin.describe(topics));
        const described = found.get('visits');
        if (described !== undefined) found.set('visits', { ...described, numPartitions });
        return found;
      },
    });
    const app = new StreamsApp(builder.build(), {
      applicationId: 'app',
      processingGuarantee: 'exactly_once',
      log: instead(shared, { admin }),
      commitIntervalMs: 5,
      metadataMaxAgeMs: 20,
    });
    afterTest(() => app.stop({ timeoutMs: 2_000 }));
    await app.start();
    /** Everything that the first partition gave is processed, behind the repartition topic too. */
    const processed = async (numVisits: number) => {
      const source = { topic: 'visits', partition: 0 };
      const repartitioned = { topic: 'app-by-page-repartition', partition: 0 };
      const offsets = await log.admin.committed('app', [source, repartitioned]);
      const at = (name: string) => offsets.find(({ topic }) => topic === name)?.offset ?? 0;
      const [end] = await log.admin.offsets([repartitioned], 'lastStable');
      return (
        at(source.topic) === numVisits && at(repartitioned.topic) >= end!.offset && end!.offset > numVisits
      );
    };
    await visit(0, 'home', 100);
    await eventually(() => processed(1), 'the first visit is counted');

    await visit(1, 'slow', 150);
    numPartitions = 2;
    await taken.promise;
    await visit(0, 'home', 200);
    await visit(0, 'home', 300);
    await eventually(() => processed(3), 'the first partition goes ahead');
    slow.resolve();
    for (const partition of [0, 1]) await visit(partition, 'end', 400);
    const isJudged = async () =>
      [await readNumbers(log, 'counts'), await readNumbers(log, 'late')].some((found) => found.has('slow'));
    await eventually(isJudged, 'the visit of the new partition counts, or is late');
    expect(await readNumbers(log, 'late')).toEqual(new Map());
    expect(Object.fromEntries(await readNumbers(log, 'counts'))).toEqual({ home: [1, 1, 1], slow: [1] });
  });
});
