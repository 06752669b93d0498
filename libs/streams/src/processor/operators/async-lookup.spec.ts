import { describe, expect, it } from '@jest/globals';
import { json, StreamsBuilder, string, topic, type LookupCache } from '@hiveframe/streams';
import { driveBatches } from '../../../test/support/tables.ts';
import { OperatorHarness } from '../../../test/support/operator-harness.ts';
import { asyncLookup } from './async-lookup.ts';
import { TtlCache } from './ttl-cache.ts';

const tick = () => new Promise((resolve) => setImmediate(resolve));

function operate(cache: LookupCache | null = null, retries = 0) {
  const asked: { readonly key: unknown; readonly answer: PromiseWithResolvers<unknown> }[] = [];
  const operator = asyncLookup({
    options: { name: 'site', concurrency: 8, timeoutMs: 100, retries, backoffMs: 10 },
    keyOf: (value) => value,
    lookup: (key) => {
      const answer = Promise.withResolvers<unknown>();
      asked.push({ key, answer });
      return answer.promise;
    },
    joiner: (value, found) => `${String(value)} at ${String(found)}`,
    cache,
  });
  return { asked, harness: new OperatorHarness(operator) };
}
const keys = (asked: readonly { readonly key: unknown }[]) => asked.map(({ key }) => key);

describe('asyncLookup', () => {
  it('asks once for all that want the same key at a time', async () => {
    const { asked, harness } = operate();
    for (const value of ['a', 'b', 'a']) harness.pipe('k', value);
    expect(keys(asked)).toEqual(['a', 'b']);
    asked[0]!.answer.resolve(1);
    asked[1]!.answer.resolve(null);
    await harness.holder.drain();
    harness.pipe('k', 'a');
    asked[2]!.answer.resolve(2);
    await harness.holder.drain();
    expect(harness.values).toEqual(['a at 1', 'b at null', 'a at 1', 'a at 2']);
  });

  it('keeps answers for their time, and those that there is nothing for theirs', async () => {
    const { asked, harness } = operate({ maxEntries: 10, ttlMs: 100, missingTtlMs: 20 });
    for (const value of ['a', 'b']) harness.pipe('k', value);
    asked[0]!.answer.resolve(1);
    asked[1]!.answer.resolve(undefined);
    await harness.holder.drain();
    harness.clock.advance(19);
    for (const value of ['a', 'b']) harness.pipe('k', value);
    expect(harness.values).toEqual(['a at 1', 'b at null', 'a at 1', 'b at null']);
    harness.clock.advance(1);
    for (const value of ['a', 'b']) harness.pipe('k', value);
    expect(keys(asked)).toEqual(['a', 'b', 'b']);
    asked[2]!.answer.resolve(2);
    await harness.holder.drain();
    harness.clock.advance(80);
    harness.pipe('k', 'a');
    expect(keys(asked)).toEqual(['a', 'b', 'b', 'a']);
  });

  it('goes on without an answer where nothing is asked for', () => {
    const { asked, harness } = operate();
    harness.pipe('k', null);
    expect(harness.values).toEqual(['null at null']);
    expect(asked).toEqual([]);
  });

  it('lets each record try again for itself when a call fails, or takes too long', async () => {
    const { asked, harness } = operate(null, 1);
    for (const value of ['a', 'a']) harness.pipe('k', value);
    asked[0]!.answer.reject(new Error('away'));
    await tick();
    harness.clock.advance(10);
    await tick();
    expect(keys(asked)).toEqual(['a', 'a']);
    asked[1]!.answer.resolve(5);
    await harness.holder.drain();
    harness.pipe('k', 'slow');
    harness.clock.advance(100);
    await tick();
    harness.clock.advance(10);
    await tick();
    expect(keys(asked)).toEqual(['a', 'a', 'slow', 'slow']);
    asked[3]!.answer.resolve(6);
    await harness.holder.drain();
    expect(harness.values).toEqual(['a at 5', 'a at 5', 'slow at 6']);
  });

  it('refuses a cache that keeps nothing', () => {
    expect(() => operate({ maxEntries: 0, ttlMs: 0, missingTtlMs: -1 })).toThrow(
      'Cannot declare site: cache.maxEntries is 0, not 1 or more; cache.ttlMs is 0, not more than 0; cache.missingTtlMs is -1, not 0 or more.',
    );
  });

  it('asks again after a crash, and loses and repeats no record', async () => {
    const readings = topic('readings', { key: string(), value: json<{ n: number }>() });
    const located = topic('located', { key: string(), value: json<string>() });
    const asked: string[] = [];
    const builder = new StreamsBuilder();
    builder
      .stream(readings)
      .asyncLookup({
        name: 'site',
        concurrency: 4,
        timeoutMs: 1_000,
        keyOf: (_reading, key) => key,
        lookup: async (key) => {
          asked.push(key);
          await tick();
          return { site: `site of ${key}` };
        },
        joiner: ({ n }, found) => `${n} ${found?.site ?? 'nowhere'}`,
        cache: { maxEntries: 100, ttlMs: 60_000 },
      })
      .to(located);
    const { driver, write } = await driveBatches(builder);
    const reading = (key: string, n: number) => ({ topic: 'readings', key, value: { n }, at: n });
    await write([reading('a', 1), reading('b', 2), reading('a', 3)]);
    await write([reading('a', 4)]);
    await driver.crashAndRestart();
    await write([reading('a', 5)]);
    expect(await driver.output(located).readValues()).toEqual([
      '1 site of a',
      '2 site of b',
      '3 site of a',
      '4 site of a',
      '5 site of a',
    ]);
    expect(asked).toEqual(['a', 'b', 'a']);
  });
});

describe('TtlCache', () => {
  it('lets those go first that were not asked for the longest', () => {
    const cache = new TtlCache<number>(2);
    cache.set('a', 1, 100);
    cache.set('b', 2, 100);
    cache.get('a', 0);
    cache.set('c', 3, 100);
    expect(['a', 'b', 'c'].map((key) => cache.get(key, 0)?.value)).toEqual([1, undefined, 3]);
    expect(cache.get('a', 100)).toBeUndefined();
    expect(cache.size).toBe(1);
  });
});
