import { expect, it } from '@jest/globals';
import { embedded } from '@hiveframe/streams-embedded';
import { TestTopics } from './test-topics.ts';

it('gives topics that nobody else has, and deletes them at the end', async () => {
  const log = embedded();
  await log.connect();
  const names = new Set<string>();
  {
    await using topics = new TestTopics(log);
    await using others = new TestTopics(log);
    names.add(await topics.create('orders', { numPartitions: 3 }));
    names.add(await topics.create('orders'));
    names.add(await others.create('orders'));
    const described = await log.admin.describe([...names]);
    expect([...described.values()].map(({ numPartitions }) => numPartitions)).toEqual([3, 1, 1]);
  }
  expect((await log.admin.describe([...names])).size).toBe(0);
  await log.close(0);
});
