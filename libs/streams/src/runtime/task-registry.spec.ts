import { describe, expect, it } from '@jest/globals';
import {
  inMemoryStores,
  string,
  StoreError,
  StreamsApp,
  StreamsBuilder,
  topic,
  type StorePort,
} from '@hiveframe/streams';
import { afterTest, cluster } from '../../test/support/cluster.ts';

/** A store that is away for the first so many times. */
function awayAtFirst(failures: number): StorePort {
  const stores = inMemoryStores();
  let opened = 0;
  return new Proxy(stores, {
    get(_, name) {
      if (name !== 'open') return Reflect.get(stores, name, stores) as unknown;
      return async (...args: Parameters<StorePort['open']>) => {
        if (opened++ < failures) throw new StoreError('The store is away.', { retryable: true });
        return stores.open(...args);
      };
    },
  });
}

describe('a task whose store is away', () => {
  it('is tried again until it opens, and each try that failed is counted: what an alert goes by', async () => {
    const log = await cluster({ words: 1 });
    const builder = new StreamsBuilder();
    builder.table(topic('words', { key: string(), value: string() }), { name: 'words' });
    const restarts: unknown[] = [];
    const app = new StreamsApp(builder.build(), {
      applicationId: 'app',
      log: log.share(),
      stores: awayAtFirst(3),
      telemetry: {
        count: (name, by, attributes) => name === 'task-restarts' && restarts.push([by, attributes]),
        record: () => {},
      },
    });
    afterTest(() => app.stop());
    await app.start();
    expect(restarts).toEqual(Array(3).fill([1, { application: 'app', task: '0_0' }]));
  });
});
