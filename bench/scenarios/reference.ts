/** The reference application: alerts at once, and per sensor and 30 s window six aggregates. */
import { bareLoop, benchApp, embeddedApp, kafkaStreams, referenceApp, storesOf } from '../contenders.ts';
import type { Choice, Contender, PeerProgram, Scenario, Task } from './scenario.ts';

export type Emit = 'updates' | 'final';

function contenders(emit: Emit, choice: Choice): readonly Contender[] {
  const peer = (task: Task): PeerProgram => ({
    program: 'StreamsPeer',
    words: [],
    options: { alerts: task.alerts, emit },
  });
  const app = { flow: `reference-${emit}`, internalTopics: [] };
  // The bare loop writes updates, in transactions, and nothing else.
  const hasLimit = emit === 'updates' && choice.guarantee === 'exactly_once';
  return [
    ...storesOf(choice).flatMap((redisUrl) =>
      choice.streamThreads.map((count) => referenceApp(choice, emit, redisUrl, count)),
    ),
    benchApp('HiveFrame, plain JSON', app, choice, null),
    embeddedApp(app, choice),
    ...(hasLimit ? [bareLoop(choice)] : []),
    kafkaStreams(choice, peer, []),
  ];
}

function reference(emit: Emit, what: Pick<Scenario, 'name' | 'title' | 'records' | 'sensors'>): Scenario {
  return {
    ...what,
    contenders: (choice) => contenders(emit, choice),
    resultTopic: ({ alerts }) => alerts,
    verifier: ({ alerts }) => ({ program: 'Verify', words: [emit], options: { alerts } }),
  };
}

export const updates = reference('updates', {
  name: 'updates',
  title: 'Reference work, each update',
  records: 1_000_000,
  sensors: 1_000,
});
export const finalWindows = reference('final', {
  name: 'final',
  title: 'Reference work, final results',
  records: 1_000_000,
  sensors: 1_000,
});
export const manySensors = reference('updates', {
  name: 'many-sensors',
  title: 'Reference work, 100,000 sensors',
  records: 2_000_000,
  sensors: 100_000,
});
