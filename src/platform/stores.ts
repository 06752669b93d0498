import { inMemoryStores, type StorePort } from '@hiveframe/streams';
import { NestLogger } from '@hiveframe/streams-nestjs';
import { redis } from '@hiveframe/streams-redis';
import type { Settings } from '../config/settings.ts';
import { tlsOptions } from '../config/tls-settings.ts';

/** Redis when there is a URL, else in memory. Connects nothing yet. */
export function createStores({ redisUrl, redisUsername, redisPassword, redisTls }: Settings): StorePort {
  if (redisUrl === null) return inMemoryStores();
  return redis({
    url: redisUrl.reveal(),
    logger: new NestLogger('Redis'),
    client: {
      ...(redisUsername !== null && { username: redisUsername }),
      ...(redisPassword !== null && { password: redisPassword.reveal() }),
      ...(redisTls !== null && { tls: tlsOptions(redisTls) }),
    },
  });
}
