import { describe, expect, it } from '@jest/globals';
import {
  inMemoryStores,
  json,
  string,
  StreamsApp,
  StreamsBuilder,
  topic,
  type InMemoryStorePort,
} from '@hiveframe/streams';
import type { EmbeddedLog } from '@hiveframe/streams-embedded';
import { afterTest, cluster, eventually, readNumbers, write } from '../../test/support/cluster.ts';

const PARTITIONS = [0, 1, 2, 3];

function start(log: EmbeddedLog, stores: InMemoryStorePort): { app: StreamsApp; started: Promise<void> } {
  const builder = new StreamsBuilder();
  builder
    .stream(topic('words', { key: string(), value: string() }))
    .groupByKey({ name: 'counts' })
    .count({ store: { value: json<number>() } })
    .toStream()
    .mapValues((count) => count ?? 0)
    .to(topic('out', { key: string(), value: json<number>() }));
  const app = new StreamsApp(builder.build(), {
    applicationId: 'moving',
    processingGuarantee: 'exactly_once',
    commitIntervalMs: 20,
    log: log.share(),
    stores,
  });
  afterTest(() => app.stop({ timeoutMs: 2_000 }).catch(() => {}));
  return { app, started: app.start() };
}

/** The partitions that the port holds entries of. */
async function heldBy(stores: InMemoryStorePort): Promise<number[]> {
  const held: number[] = [];
  for (const partition of PARTITIONS) {
    const reader = stores.reader({ applicationId: 'moving', store: 'counts', partition });
    for await (const entries of reader.scan(null)) if (entries.length > 0) held.push(partition);
  }
  return held;
}

describe('state in memory', () => {
  it('goes when its task moves to another member, and is restored when the task comes back', async () => {
    const log = await cluster({ words: 4, out: 4 });
    const writeAll = async () => {
      for (const partition of PARTITIONS)
        await write(log, { topic: 'words', partition }, [
          { key: `k${partition}`, value: 'x', timestampMs: 1 },
        ]);
    };
    const counts = async () => [...(await readNumbers(log, 'out')).values()].map((numbers) => numbers.at(-1));
    const reach = (count: number) =>
      eventually(async () => {
        const found = await counts();
        return found.length === 4 && found.every((one) => one === count);
      }, `all are counted ${count} times`);

    const first = inMemoryStores();
    await start(log, first).started;
    await writeAll();
    await reach(1);
    expect(await heldBy(first)).toEqual(PARTITIONS);

    const second = inMemoryStores();
    const other = start(log, second);
    await other.started;
    await writeAll();
    await reach(2);
    const [here, there] = [await heldBy(first), await heldBy(second)];
    expect([here.length, there.length]).toEqual([2, 2]);
    expect([...here, ...there].toSorted((a, b) => a - b)).toEqual(PARTITIONS);

    await other.app.stop();
    await writeAll();
    await reach(3);
    expect(await heldBy(first)).toEqual(PARTITIONS);
  });
});
