import type { Topology } from '@hiveframe/streams';
import { countTopology } from './count.topology.ts';
import { referenceTopology } from './reference.topology.ts';
import { repartitionTopology } from './repartition.topology.ts';
import type { Topics } from './settings.ts';
import { statelessTopology } from './stateless.topology.ts';

export const TOPOLOGIES: Readonly<Record<string, (topics: Topics) => Topology>> = {
  'reference-updates': (topics) => referenceTopology(topics, 'updates'),
  'reference-final': (topics) => referenceTopology(topics, 'final'),
  stateless: statelessTopology,
  count: countTopology,
  repartition: repartitionTopology,
};
