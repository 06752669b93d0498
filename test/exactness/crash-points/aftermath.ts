/** What a process that died at a step of a commit has left behind: see the table in docs/ARCHITECTURE.md. */
import { eventually } from '../../support/eventually.ts';
import { committedRecords } from './committed-records.ts';
import type { CrashCase } from './crash-case.ts';
import type { KafkaWorld } from './kafka-world.ts';
import { replayed, storeFaults } from './store-content.ts';

export interface Aftermath {
  /** Readers wait at an open transaction in the output, or in the changelog. */
  readonly openOutput: boolean;
  readonly openChangelog: boolean;
  /** The changelog has committed records that the store has not. */
  readonly storeIsBehind: boolean;
}

/** Of partition 0. The markers of a transaction that was ended are written a little later: waits for what is expected. */
export async function untilLeft(run: CrashCase<KafkaWorld>, expected: Aftermath): Promise<void> {
  let found: Aftermath | undefined;
  const look = async () => {
    found = await aftermathOf(run);
    return JSON.stringify(found) === JSON.stringify(expected);
  };
  await eventually('the traces of the crash', look, { timeoutMs: 5_000 }).catch((error: unknown) => {
    throw new Error(`Left ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`, { cause: error });
  });
}

async function aftermathOf({ world, id, topics }: CrashCase<KafkaWorld>): Promise<Aftermath> {
  const isOpen = async (...names: readonly string[]) => {
    const partitions = names.map((topic) => ({ topic, partition: 0 }));
    const ends = await world.log.admin.offsets(partitions, 'end');
    const stable = await world.log.admin.offsets(partitions, 'lastStable');
    return ends.some(({ offset }, index) => stable[index]!.offset < offset);
  };
  const changelog = await committedRecords(world.log, { topic: topics.changelog, partition: 0 });
  return {
    openOutput: await isOpen(topics.output, topics.alerts),
    openChangelog: await isOpen(topics.changelog),
    storeIsBehind: (await world.storeOffset(id, 0)) <= changelog.at(-1)!.offset,
  };
}

/** Whether the store shows exactly the committed changelog up to where it stands, and nothing beyond (S1). */
export async function uncommittedInStore({
  world,
  id,
  topics,
}: CrashCase<KafkaWorld>): Promise<readonly string[]> {
  const changelog = await committedRecords(world.log, { topic: topics.changelog, partition: 0 });
  const [store] = await world.stores(id);
  return storeFaults(store!, replayed(changelog, await world.storeOffset(id, 0)));
}
