/** Applications without state: what the weaker guarantees promise holds for every record. */
import { StreamsBuilder, type ProcessingGuarantee } from '@hiveframe/streams';
import type { Evidence } from '../check/evidence.ts';
import { echo } from './outputs.ts';
import { input } from './input.ts';
import type { Scenario } from './scenario.ts';

/** Through a topic of the application. */
function relay(guarantee: ProcessingGuarantee, isRight: (times: number) => boolean): Scenario {
  const builder = new StreamsBuilder();
  builder
    .stream(input)
    .repartition({ name: 'relayed' })
    .mapValues(({ id }) => id)
    .to(echo);
  const topology = builder.build();
  return {
    name: `relay, ${guarantee}`,
    guarantee,
    topology: () => topology,
    check: (evidence) => wrongTimes(evidence, isRight),
  };
}

/** How often each record came through, by id; those that were never given are wrong in any case. */
function wrongTimes(evidence: Evidence, isRight: (times: number) => boolean): string[] {
  const given = new Set(evidence.given.flat().map(({ id }) => id));
  const emitted = evidence.emitted('echo').map(({ value }) => String(value));
  const times = new Map([...given].map((id) => [id, 0]));
  for (const id of emitted) times.set(id, (times.get(id) ?? 0) + 1);
  return Array.from(times, ([id, count]) =>
    given.has(id) && isRight(count) ? [] : [`record ${id} was emitted ${count} times`],
  ).flat();
}

export const atLeastOnce = relay('at_least_once', (times) => times >= 1);
export const atMostOnce = relay('at_most_once', (times) => times <= 1);
