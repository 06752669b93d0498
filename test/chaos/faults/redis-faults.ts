/** What can happen to Redis. */
import type { DurableRedis } from '../cluster/durable-redis.ts';
import type { Fault } from './fault.ts';

const NOTHING = async (): Promise<void> => {};
const MAX_ROLL_BACK_MS = 20_000;

/** Stopped in order and started again. */
export function restartRedis({ server }: DurableRedis): Fault {
  return { strike: () => server.shutDown(), heal: () => server.start() };
}

/** kill -9. */
export function killRedis({ server }: DurableRedis): Fault {
  return { strike: () => server.crash(), heal: () => server.start() };
}

/** It forgets everything, epochs included, and answers on. */
export function flushRedis({ server }: DurableRedis): Fault {
  return {
    strike: async () => {
      await server.admin((client) => client.flushall());
    },
    heal: NOTHING,
  };
}

/** It comes back with what it held some seconds before: a lost disk cache, a replica that lagged, a restored backup. */
export function rollRedisBack(redis: DurableRedis, chance: number): Fault {
  return {
    strike: async () => {
      await redis.server.crash();
      await redis.rollBackTo(Date.now() - chance * MAX_ROLL_BACK_MS);
    },
    heal: async () => {
      await redis.server.start();
      await redis.empty(); // it may come back full
    },
  };
}

/** Connections stay open, and nothing answers. */
export function stallRedis({ server }: DurableRedis): Fault {
  return { strike: async () => server.kill('SIGSTOP'), heal: async () => server.kill('SIGCONT') };
}

/** Something else takes all the memory it may have. */
export function fillRedis(redis: DurableRedis): Fault {
  return { strike: () => redis.fill(), heal: () => redis.empty() };
}
