import { describe, expect, it } from '@jest/globals';
import {
  inMemoryStores,
  json,
  string,
  StreamsApp,
  StreamsBuilder,
  topic,
  type StorePort,
} from '@hiveframe/streams';
import type { EmbeddedLog } from '@hiveframe/streams-embedded';
import { afterTest, cluster, eventually, readNumbers, write } from '../../test/support/cluster.ts';

/** Stores in memory whose partition 0 takes no flush before `held` resolves. */
function holding(held: Promise<void>): StorePort {
  const stores = inMemoryStores();
  return new Proxy(stores, {
    get: (_, name: keyof StorePort) => {
      if (name !== 'open') {
        const value = stores[name];
        return typeof value === 'function' ? (value as () => unknown).bind(stores) : value;
      }
      const open: StorePort['open'] = async (id, spec) => {
        const partition = await stores.open(id, spec);
        if (id.partition > 0) return partition;
        const flush = partition.flush.bind(partition);
        return Object.assign(partition, {
          flush: async (...[writes]: Parameters<typeof flush>) => {
            await held;
            return flush(writes);
          },
        });
      };
      return open;
    },
  });
}

function start(
  log: EmbeddedLog,
  stores: StorePort = inMemoryStores(),
): { app: StreamsApp; started: Promise<void> } {
  const builder = new StreamsBuilder();
  builder
    .stream(topic('words', { key: string(), value: string() }))
    .groupByKey({ name: 'counts' })
    .count({ store: { value: json<number>() } })
    .toStream()
    .mapValues((count) => count ?? 0)
    .to(topic('out', { key: string(), value: json<number>() }));
  const app = new StreamsApp(builder.build(), {
    applicationId: 'restoring',
    processingGuarantee: 'exactly_once',
    commitIntervalMs: 20,
    log: log.share(),
    stores,
  });
  afterTest(() => app.stop({ timeoutMs: 2_000 }).catch(() => {}));
  return { app, started: app.start() };
}

describe('a restore', () => {
  it('does not keep tasks waiting that are ready: they process and commit', async () => {
    const log = await cluster({ words: 3, out: 3 });
    const writeAll = async () => {
      for (const partition of [0, 1, 2])
        await write(log, { topic: 'words', partition }, [
          { key: `k${partition}`, value: 'x', timestampMs: 1 },
        ]);
    };
    const reach = (expected: Readonly<Record<string, number>>) =>
      eventually(async () => {
        const found = await readNumbers(log, 'out');
        return Object.entries(expected).every(([key, count]) => found.get(key)?.at(-1) === count);
      }, JSON.stringify(expected));

    const before = start(log);
    await before.started;
    await writeAll();
    await reach({ k0: 1, k1: 1, k2: 1 });
    await before.app.stop();

    const held = Promise.withResolvers<void>();
    const { app, started } = start(log, holding(held.promise));
    await writeAll();
    await reach({ k1: 2, k2: 2 });
    expect(app.state).toBe('rebalancing');
    expect(app.restoring).toMatchObject([{ taskId: '0_0', store: 'counts', partition: 0, restored: 0 }]);
    expect((await readNumbers(log, 'out')).get('k0')).toEqual([1]);

    held.resolve();
    await started;
    expect(app.state).toBe('running');
    expect(app.restoring).toEqual([]);
    await reach({ k0: 2, k1: 2, k2: 2 });
  });
});
