import { describe, expect, it } from '@jest/globals';
import { double, inMemoryStores, string, StreamsApp, StreamsBuilder, topic } from '@hiveframe/streams';
import { InMemorySinkTarget } from '@hiveframe/streams-testing';
import { instead } from '../../test/support/instead.ts';
import { afterTest, cluster, write } from '../../test/support/cluster.ts';

/** The object, telling when its methods are called and when they are done. */
function told<T extends object>(target: T, name: string, calls: string[]): T {
  return new Proxy(target, {
    get: (_, method: string & keyof T) => {
      const value = target[method];
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]): unknown => {
        calls.push(`${name}.${method}`);
        const result = (value as (...args: readonly unknown[]) => unknown).apply(target, [...args]);
        if (result instanceof Promise)
          result.then(() => calls.push(`${name}.${method} done`)).catch(() => {});
        return result;
      };
    },
  });
}

describe('taking over a task', () => {
  it('fences first, reads offsets and opens stores beside each other, then asks for the end of the changelog', async () => {
    const log = await cluster({ words: 1 });
    await write(log, { topic: 'words', partition: 0 }, [{ key: 'a', value: 'x', timestampMs: 1 }]);
    const calls: string[] = [];
    const builder = new StreamsBuilder();
    builder
      .stream(topic('words', { key: string(), value: string() }))
      .groupByKey({ name: 'counts' })
      .count({ store: { value: double() } });
    const shared = log.share();
    const watched = instead(shared, {
      admin: told(shared.admin, 'admin', calls),
      transactionalWriter: (options) => told(shared.transactionalWriter(options), 'writer', calls),
    });
    const app = new StreamsApp(builder.build(), {
      applicationId: 'counting',
      processingGuarantee: 'exactly_once',
      log: watched,
      stores: told(inMemoryStores(), 'stores', calls),
    });
    afterTest(() => app.stop());
    await app.start();

    const fenced = calls.indexOf('writer.open done');
    const at = (call: string) => calls.indexOf(call, fenced);
    expect(calls.slice(0, fenced)).not.toContain('admin.committed');
    expect(calls.slice(0, fenced)).not.toContain('stores.open');
    expect(at('stores.open')).toBeLessThan(at('admin.committed done'));
    const changelogEnd = calls.lastIndexOf('admin.offsets');
    expect(changelogEnd).toBeGreaterThan(at('stores.open done'));
    expect(changelogEnd).toBeGreaterThan(at('admin.committed done'));
  });

  it('takes no offset that a former owner commits meanwhile for one beyond the end of the log', async () => {
    const log = await cluster({ words: 1 });
    const at = { topic: 'words', partition: 0 };
    const builder = new StreamsBuilder();
    builder
      .stream(topic('words', { key: string(), value: string() }))
      .to(topic('copies', { key: string(), value: string() }));
    const shared = log.share();
    const admin = instead(shared.admin, {
      committed: async () => {
        await write(log, at, [{ key: 'a', value: 'x', timestampMs: 1 }]);
        return [{ ...at, offset: 1 }];
      },
    });
    const app = new StreamsApp(builder.build(), {
      applicationId: 'copying',
      processingGuarantee: 'at_least_once',
      log: instead(shared, { admin }),
    });
    afterTest(() => app.stop());
    await app.start();
    expect(app.state).toBe('running');
  });

  it('takes no record that a former owner gives to a sink meanwhile for one beyond the end of its topic', async () => {
    const log = await cluster({ words: 1 });
    const target = new InMemorySinkTarget<string, string>();
    const sink = target.sink();
    sink.open = async (topicName, partition) => {
      const former = await target.sink().open(topicName, partition);
      await write(log, { topic: topicName, partition }, [{ key: 'a', value: 'x', timestampMs: 1 }]);
      await former.write([], { offset: 1, rejected: [] });
      return target.sink().open(topicName, partition);
    };
    const builder = new StreamsBuilder();
    builder.stream(topic('words', { key: string(), value: string() })).toSink(sink);
    const failures: unknown[] = [];
    const app = new StreamsApp(builder.build(), {
      applicationId: 'copying',
      processingGuarantee: 'exactly_once',
      log: log.share(),
      logger: { log: (level, text) => void (level === 'error' && failures.push(text)) },
    });
    afterTest(() => app.stop());
    await app.start();
    expect(failures).toEqual([]);
    expect(app.state).toBe('running');
  });
});
