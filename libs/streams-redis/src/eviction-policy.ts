/** S5: a server that evicts keys would take state away without a word. */
import { StoreError } from '@hiveframe/streams';
import type { Redis } from 'ioredis';
import { hostAndPort } from './address.ts';
import type { RedisConnection } from './connection.ts';
import { faultOf, isReply } from './faults.ts';

/** @throws StoreError when a server that takes writes may evict keys, or does not tell */
export async function refuseEviction(connection: RedisConnection): Promise<void> {
  await connection.run('read maxmemory-policy', async () => {
    await Promise.all(connection.masters().map(refuseEvictingNode));
  });
}

async function refuseEvictingNode(node: Redis): Promise<void> {
  const policy = await evictionPolicy(node);
  if (policy === 'noeviction') return;
  const address = hostAndPort(node.options);
  if (policy === undefined) {
    throw new StoreError(
      `Cannot use Redis at ${address}: it does not tell its maxmemory-policy. Let the user run CONFIG GET or INFO.`,
    );
  }
  throw new StoreError(
    `Cannot use Redis at ${address}: its maxmemory-policy ${policy} may evict keys, and state would be lost. Set it to noeviction, ` +
      'as in `redis-cli CONFIG SET maxmemory-policy noeviction`, in redis.conf, or in the parameter group of a managed service.',
  );
}

/** By CONFIG; where that is forbidden (ACL, managed services) by INFO. */
async function evictionPolicy(node: Redis): Promise<string | undefined> {
  const configured = await unlessForbidden(node.config('GET', 'maxmemory-policy'));
  if (Array.isArray(configured) && typeof configured[1] === 'string') return configured[1];
  const info = await unlessForbidden(node.info('memory'));
  return /^maxmemory_policy:(\S+)/m.exec(info ?? '')?.[1];
}

async function unlessForbidden<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isReply(error as Error) && !faultOf(error as Error).passing) return undefined;
    throw error;
  }
}
