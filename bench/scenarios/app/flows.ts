import { countFlow } from './count.flow.ts';
import { referenceFlow } from './reference.flow.ts';
import { repartitionFlow } from './repartition.flow.ts';
import type { Flow } from './settings.ts';
import { statelessFlow } from './stateless.flow.ts';

export const FLOWS: Readonly<Record<string, Flow>> = {
  'reference-updates': referenceFlow('updates'),
  'reference-final': referenceFlow('final'),
  stateless: statelessFlow,
  count: countFlow,
  repartition: repartitionFlow,
};
