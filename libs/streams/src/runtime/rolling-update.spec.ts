import { describe, expect, it } from '@jest/globals';
import type { EmbeddedLog } from '@hiveframe/streams-embedded';
import { json, StreamsApp, StreamsBuilder, string, topic, type Topology } from '@hiveframe/streams';
import { afterTest, cluster, eventually, readNumbers, write } from '../../test/support/cluster.ts';
import { chooseVersion, encodeMember, type TopologyVersion } from './topology-version.ts';

const words = topic('words', { key: string(), value: json<number>() });
const others = topic('others', { key: string(), value: json<number>() });
const counts = topic('counts', { key: string(), value: json<number>() });

/** In the newer version another sub-topology comes first, so that task 0_0 is another one's work. */
function version(isNewer: boolean): Topology {
  const builder = new StreamsBuilder();
  if (isNewer) builder.stream(others).groupByKey({ name: 'more' }).count();
  builder
    .stream(words)
    .groupByKey({ name: 'n' })
    .count()
    .toStream()
    .mapValues((count) => count ?? 0)
    .to(counts);
  return builder.build();
}

describe('a rolling update', () => {
  it('lets one version process at a time, with nothing lost or repeated', async () => {
    const log = await cluster({ words: 2, others: 2, counts: 2 });
    const start = async (isNewer: boolean): Promise<StreamsApp> => {
      const app = new StreamsApp(version(isNewer), {
        applicationId: 'app',
        log: log.share(),
        processingGuarantee: 'exactly_once',
        commitIntervalMs: 5,
      });
      afterTest(() => app.stop());
      await app.start();
      return app;
    };
    let written = 0;
    const count = async (): Promise<void> => {
      await writeWord(log);
      const last = ++written;
      await eventually(
        async () => (await readNumbers(log, 'counts')).get('a')?.at(-1) === last,
        `count ${last}`,
      );
    };
    const [first, second] = [await start(false), await start(false)];
    await count();
    await start(true);
    await count();
    await first.stop();
    await count();
    await start(true);
    await count();
    await second.stop();
    await count();
    expect((await readNumbers(log, 'counts')).get('a')).toEqual([1, 2, 3, 4, 5]);
  });
});

async function writeWord(log: EmbeddedLog): Promise<void> {
  await write(log, { topic: 'words', partition: 0 }, [{ key: 'a', value: '1', timestampMs: 1 }]);
}

describe('chooseVersion', () => {
  const of = (id: string): TopologyVersion => ({
    id,
    sources: new Map([[0, [`input of ${id}`]]]),
    partitionCounts: new Map([[`input of ${id}`, 3]]),
  });
  const member = (memberId: string, id: string | null, numTasks = 0) => ({
    memberId,
    instanceId: null,
    data: encodeMember(
      Array.from({ length: numTasks }, (_, partition) => ({ subTopology: 0, partition })),
      id === null ? undefined : of(id),
    ),
  });
  const turn = (own: string, ...members: ReturnType<typeof member>[]) => {
    const { version: chosen, members: those, waiting } = chooseVersion(members, of(own));
    return [chosen.id, those.map(({ memberId }) => memberId), waiting.map(({ memberId }) => memberId)];
  };

  it('takes the version that most have, also where another one leads', () => {
    const members = [member('a', 'old', 2), member('b', 'new'), member('c', 'new')];
    for (const own of ['old', 'new']) expect(turn(own, ...members)).toEqual(['new', ['b', 'c'], ['a']]);
    expect(chooseVersion(members, of('old')).version).toEqual(of('new'));
  });

  it('leaves the tasks where they are while both have as many', () => {
    expect(turn('new', member('a', 'new'), member('b', 'old', 3))).toEqual(['old', ['b'], ['a']]);
  });

  it('takes members that tell no version for its own', () => {
    expect(turn('new', member('a', null, 2), member('b', 'new'))).toEqual(['new', ['a', 'b'], []]);
  });
});
