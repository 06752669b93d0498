import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { EmbeddedLog } from '@hiveframe/streams-embedded';
import { json, StreamsApp, StreamsBuilder, string, topic, type Topology } from '@hiveframe/streams';
import { instead } from '../../test/support/instead.ts';
import { afterTest, cluster, eventually, readNumbers, write } from '../../test/support/cluster.ts';
import { describeTopology } from '../topology/description.ts';
import { writeStoredTopology, type StoredTopology } from './stored-topology.ts';
import { systemClock } from './system.ts';
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

/** A version whose state cannot be that of `version`. */
function refusedVersion(onRecord: () => void): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(words)
    .peek(onRecord)
    .groupByKey({ name: 'renamed' })
    .count()
    .toStream()
    .mapValues((count) => count ?? 0)
    .to(counts);
  return builder.build();
}

describe.each(['exactly_once', 'at_least_once', 'at_most_once'] as const)(
  'two versions that start for the first time together, %s',
  (processingGuarantee) => {
    it('process nothing in the one that comes to be refused', async () => {
      const log = await cluster({ words: 1, counts: 1 });
      await writeWord(log);
      let numProcessed = 0;
      // The other one stores its topology when this one has looked at its start, and looks again because it has tasks now.
      const shared = log.share();
      let numLooks = 0;
      const admin = instead(shared.admin, {
        describe: async (topics) => {
          if (topics.includes('app-topology') && ++numLooks === 2) {
            await writeStoredTopology(storedOf(version(false)), {
              log,
              applicationId: 'app',
              clock: systemClock,
            });
            for (let turn = 0; turn < 500 && numProcessed === 0; turn++) await setImmediate();
          }
          return shared.admin.describe(topics);
        },
      });
      const app = new StreamsApp(
        refusedVersion(() => numProcessed++),
        { applicationId: 'app', log: instead(shared, { admin }), processingGuarantee, commitIntervalMs: 5 },
      );
      afterTest(() => app.stop());
      app.start().catch(() => {}); // its state tells
      await eventually(async () => app.state === 'error', 'it is refused');
      expect(app.error?.message).toContain('its state belongs to another topology');
      expect(numProcessed).toBe(0);
      const at = [{ topic: 'words', partition: 0 }];
      expect(await log.admin.committed('app', at)).toEqual([]);
    });
  },
);

function storedOf(topology: Topology): StoredTopology {
  return { topology: describeTopology(topology.graph), retired: { stores: [] }, internalTopics: [] };
}

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

  it('gives out a new partition when all members of the version are prepared for it', () => {
    const prepared = (memberId: string, count: number) => ({
      memberId,
      instanceId: null,
      data: encodeMember([], { ...of('one'), partitionCounts: new Map([['input of one', count]]) }),
    });
    const counts = (...each: number[]) =>
      chooseVersion(
        each.map((count, at) => prepared(`member-${at}`, count)),
        { ...of('one'), partitionCounts: new Map([['input of one', 4]]) },
      ).version.partitionCounts;
    expect(counts(4, 3)).toEqual(new Map([['input of one', 3]]));
    expect(counts(4, 4)).toEqual(new Map([['input of one', 4]]));
  });

  it('takes members that tell no version for its own', () => {
    expect(turn('new', member('a', null, 2), member('b', 'new'))).toEqual(['new', ['a', 'b'], []]);
  });
});
