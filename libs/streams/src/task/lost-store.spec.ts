/** S2 Losing the store, or its last writes, loses nothing: also not while the task runs and reads from it. */
import { describe, expect, it } from '@jest/globals';
import { TopologyTestDriver } from '@hiveframe/streams-testing';
import { inMemoryStores, json, string, StreamsBuilder, topic, tumbling } from '@hiveframe/streams';
import { afterTest, eventually } from '../../test/support/cluster.ts';

interface Event {
  at: number;
}
const events = topic('events', { key: string(), value: json<Event>(), timestamp: 'at' });
const counts = topic('counts', { key: string(), value: json<number>() });
/** After this a task that failed is opened again. */
const BACKOFF_MS = 1_000;

function counting(builder: StreamsBuilder) {
  const stores = inMemoryStores();
  const driver = new TopologyTestDriver(builder.build(), { stores, maxCachedBytes: 1 });
  afterTest(() => driver[Symbol.asyncDispose]());
  const pipe = (key: string, at = 1) => driver.input(events).pipe({ at }, { key });
  /** So many results, also when the task has to be opened again for them. */
  const results = async (count: number) => {
    const found = [...(await driver.output(counts).readValues())];
    await eventually(async () => {
      await driver.advanceWallClock(BACKOFF_MS);
      found.push(...(await driver.output(counts).readValues()));
      return found.length >= count;
    }, `${count} results`);
    return found;
  };
  return { stores, pipe, results };
}

function byKey(): StreamsBuilder {
  const builder = new StreamsBuilder();
  builder
    .stream(events)
    .groupByKey({ name: 'by-key' })
    .count()
    .toStream()
    .mapValues((n) => n ?? 0)
    .to(counts);
  return builder;
}

function byWindow(emit: 'updates' | 'final'): StreamsBuilder {
  const builder = new StreamsBuilder();
  builder
    .stream(events)
    .groupByKey({ name: 'by-window' })
    .windowedBy(tumbling({ sizeMs: 100 }), { graceMs: 0, emit })
    .count()
    .toStream()
    .map((n, { key }) => ({ key, value: n }))
    .to(counts);
  return builder;
}

describe('a store that goes back while its task runs', () => {
  it('misleads no count: what was read of it is not committed', async () => {
    const { stores, pipe, results } = counting(byKey());
    await pipe('a');
    await pipe('b');
    const rollBack = stores.rollBackPoint();
    await pipe('a');
    await pipe('b'); // a is not cached any more
    rollBack();
    await pipe('a');
    expect(await results(5)).toEqual([1, 1, 2, 2, 3]);
  });

  it('misleads no window', async () => {
    const { stores, pipe, results } = counting(byWindow('updates'));
    await pipe('a');
    const rollBack = stores.rollBackPoint();
    await pipe('b');
    await pipe('a');
    rollBack();
    await pipe('b');
    expect(await results(4)).toEqual([1, 1, 2, 2]);
  });

  it('misleads no final result, for which nothing is written', async () => {
    const { stores, pipe, results } = counting(byWindow('final'));
    await pipe('a');
    const rollBack = stores.rollBackPoint();
    await pipe('a');
    await pipe('b'); // a is not cached any more
    rollBack();
    await pipe('c', 150);
    expect((await results(2)).toSorted((a, b) => a - b)).toEqual([1, 2]);
  });
});
