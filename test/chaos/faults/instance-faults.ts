/** What can happen to the processes of the application. */
import type { Instances } from '../cluster/instances.ts';
import type { Fault } from './fault.ts';

/** kill -9; a new process takes its place. */
export function killInstance(instances: Instances, number: number): Fault {
  return {
    strike: () => instances.kill(number),
    heal: () => instances.start(number),
  };
}

/** SIGSTOP, SIGCONT: beyond the session timeout a zombie, that believes it owns tasks which others own by now. */
export function freezeInstance(instances: Instances, number: number): Fault {
  return {
    strike: async () => instances.signal(number, 'SIGSTOP'),
    heal: async () => instances.signal(number, 'SIGCONT'),
  };
}

/** All but the first stop in order, and come back. */
export function scaleInAndOut(instances: Instances): Fault {
  return {
    strike: async () => {
      await Promise.all([instances.stop(2), instances.stop(3)]);
    },
    heal: async () => {
      await Promise.all([instances.start(2), instances.start(3)]);
    },
  };
}
