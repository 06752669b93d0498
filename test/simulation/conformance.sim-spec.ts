/** Without faults, the simulated log and store are a log and a store: the published suites say what that means. */
import { describe } from '@jest/globals';
import { describeLog, describeStores } from '@hiveframe/streams-testing/conformance';
import { SimulatedLog } from './client/simulated-log.ts';
import { SimulatedCluster } from './cluster/simulated-cluster.ts';
import { Network } from './kernel/network.ts';
import { Random } from './kernel/random.ts';
import { faultless, followRealTime } from './kernel/real-time.ts';
import { SimulatedProcess } from './kernel/simulated-process.ts';
import { VirtualTime } from './kernel/virtual-time.ts';
import { SimulatedStores } from './stores/simulated-stores.ts';
import { StoreServer } from './stores/store-server.ts';

function counter(): (prefix: string) => string {
  let count = 0;
  return (prefix) => `${prefix}-${count++}`;
}

// With a seed it is only about that seed.
(process.env['SEED'] === undefined ? describe : describe.skip)('without faults', () => {
  describeLog('simulated', () => {
    const time = new VirtualTime(0);
    const random = new Random(1, 'conformance');
    const network = new Network(time, faultless);
    const cluster = new SimulatedCluster({ time, random, markerDelayMs: 2 });
    const stop = followRealTime(time);
    const name = counter();
    return {
      capabilities: { minSessionTimeoutMs: 500 },
      log: async () =>
        new SimulatedLog({ process: new SimulatedProcess(name('client'), time), network, cluster, random }),
      uniqueName: name,
      stop: async () => stop(),
    };
  });

  describeStores('simulated', () => {
    const time = new VirtualTime(0);
    const network = new Network(time, faultless);
    const server = new StoreServer();
    const stop = followRealTime(time);
    const name = counter();
    return {
      stores: async () =>
        new SimulatedStores({ process: new SimulatedProcess(name('client'), time), network, server }),
      uniqueName: name,
      rollBackPoint: async () => {
        const rollBack = server.rollBackPoint();
        return async () => rollBack();
      },
      modelRuns: 20,
      stop: async () => stop(),
    };
  });
});
