import type { StorePartitionId } from '@hiveframe/streams';
import { Redis } from 'ioredis';

/** Remembers the keys of a store partition; the result brings them back as they were: what a failover to a replica that lags behind
 *  does. */
export async function redisRollBackPoint(client: Redis, id: StorePartitionId): Promise<() => Promise<void>> {
  const tag = `hfs:{${id.applicationId}:${id.store}:${id.partition}}:`;
  const remembered = new Map<string, Buffer>();
  for (const key of await client.keys(`${tag}*`)) remembered.set(key, (await client.dumpBuffer(key))!);
  return async () => {
    const transaction = client.multi();
    for (const key of await client.keys(`${tag}*`)) transaction.del(key);
    for (const [key, dump] of remembered) transaction.restore(key, 0, dump);
    await transaction.exec();
  };
}
