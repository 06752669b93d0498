import { startRedis } from '@hiveframe/streams-testing/containers';
import { serviceAddress } from './service.ts';

/** URL of a real Redis: `REDIS_URL`, else a container of this test file's own; undefined: there is none. */
export function redisUrl(): Promise<string | undefined> {
  return serviceAddress({ name: 'Redis', variable: 'REDIS_URL', start: startRedis });
}
