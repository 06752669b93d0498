import type { Parts } from '../cluster/parts.ts';
import type { PlannedFault } from '../plan.ts';
import { freezeBroker, killBroker, stopBroker } from './broker-faults.ts';
import type { Fault } from './fault.ts';
import { freezeInstance, killInstance, scaleInAndOut } from './instance-faults.ts';
import { fillRedis, flushRedis, killRedis, restartRedis, rollRedisBack, stallRedis } from './redis-faults.ts';

/** The fault that was planned, on these parts. */
export function makeFault({ instances, kafka, redis }: Parts, { kind, target, chance }: PlannedFault): Fault {
  switch (kind) {
    case 'instance killed':
      return killInstance(instances, target);
    case 'instance frozen':
    case 'instance paused':
      return freezeInstance(instances, target);
    case 'scaled 3 to 1 to 3':
      return scaleInAndOut(instances);
    case 'broker killed':
      return killBroker(kafka, target);
    case 'broker stopped':
      return stopBroker(kafka, target);
    case 'broker frozen':
      return freezeBroker(kafka, target);
    case 'redis restarted':
      return restartRedis(redis);
    case 'redis killed':
      return killRedis(redis);
    case 'redis flushed':
      return flushRedis(redis);
    case 'redis rolled back':
      return rollRedisBack(redis, chance);
    case 'redis stalled':
      return stallRedis(redis);
    case 'redis full':
      return fillRedis(redis);
  }
}
