import { inMemoryStores, type StorePort } from '@hiveframe/streams';
import { NestLogger } from '@hiveframe/streams-nestjs';
import { redis } from '@hiveframe/streams-redis';
import type { Settings } from '../config/settings.ts';

/** Redis when there is a URL, else in memory. Connects nothing yet. */
export function createStores({ redisUrl }: Settings): StorePort {
  return redisUrl === null ? inMemoryStores() : redis({ url: redisUrl, logger: new NestLogger('Redis') });
}
