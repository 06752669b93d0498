/** Scenarios of one idea each. */
import { benchApp, kafkaStreams, storesOf, storesName } from '../contenders.ts';
import type { Scenario } from './scenario.ts';

interface Small extends Pick<Scenario, 'name' | 'title' | 'records' | 'sensors'> {
  readonly isStateful: boolean;
  /** Names of the groupings that repartition. */
  readonly groupings: readonly string[];
}

function small({ isStateful, groupings, ...what }: Small): Scenario {
  const program = () => ({ program: 'ScenarioPeer', words: [what.name], options: {} });
  const app = { flow: what.name, internalTopics: groupings.map((name) => `${name}-repartition`) };
  return {
    ...what,
    contenders: (choice) => [
      ...(isStateful
        ? storesOf(choice).map((url) => benchApp(`HiveFrame, ${storesName(url)}`, app, choice, url))
        : [benchApp('HiveFrame', app, choice, null)]),
      kafkaStreams(choice, program, app.internalTopics),
    ],
    resultTopic: ({ output }) => output,
    verifier: () => ({ program: 'VerifyScenario', words: [what.name], options: {} }),
  };
}

export const stateless = small({
  name: 'stateless',
  title: 'Filter and map',
  records: 1_000_000,
  sensors: 1_000,
  isStateful: false,
  groupings: [],
});
export const repartition = small({
  name: 'repartition',
  title: 'Grouped anew, by a repartition topic',
  records: 1_000_000,
  sensors: 1_000,
  isStateful: true,
  groupings: ['rooms'],
});
export const count = small({
  name: 'count',
  title: 'Count by key, 1,000,000 keys',
  records: 2_000_000,
  sensors: 1_000_000,
  isStateful: true,
  groupings: [],
});
