/** Windows that close, at most once: a crash may lose them, and gives none again. */
import { StreamsBuilder, tumbling, type Topology } from '@hiveframe/streams';
import type { Evidence } from '../check/evidence.ts';
import { countBy, resultsOf } from '../check/expectations.ts';
import { readWindowName, windowName } from '../check/windows.ts';
import { input } from './input.ts';
import { windowCounts } from './outputs.ts';
import type { Scenario } from './scenario.ts';

const SIZE_MS = 500;
const GRACE_MS = 100;

function declare(): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(input)
    .groupByKey({ name: 'by-key' })
    .windowedBy(tumbling({ sizeMs: SIZE_MS }), { graceMs: GRACE_MS, emit: 'final' })
    .count()
    .to(windowCounts);
  return builder.build();
}
const topology = declare();

export const windowsAtMostOnce: Scenario = {
  name: 'windowed count, final, at_most_once',
  guarantee: 'at_most_once',
  topology: () => topology,
  check: checkOnce,
};

/** Each window once or not at all, with no more than it was given. */
function checkOnce(evidence: Evidence): string[] {
  const most = countBy(evidence.given.flat(), ({ key, at }) => windowName(key, at - (at % SIZE_MS)));
  return Array.from(resultsOf(evidence, 'window-counts', readWindowName), ([name, results]) => {
    const [count = 0] = results;
    const isRight = results.length === 1 && count >= 1 && count <= (most.get(name) ?? 0);
    return isRight
      ? []
      : [`window ${name}: wanted ${most.get(name) ?? 0} once at most, found ${results.join()}`];
  }).flat();
}
