/** The applications that are put to the test. */
import {
  hopping,
  json,
  string,
  StreamsBuilder,
  topic,
  tumbling,
  windowed,
  type KStream,
  type ProcessingGuarantee,
} from '@hiveframe/streams';
import type { Evidence } from '../check/evidence.ts';
import { countBy, exactly, resultsOf, risingTo, sameInOrder } from '../check/expectations.ts';
import { countWindows, readWindowName } from '../check/windows.ts';
import { input, type Reading } from './input.ts';
import type { Scenario } from './scenario.ts';

const echo = topic('echo', { key: string(), value: json<string>() });
const counts = topic('counts', { key: string(), value: json<number>() });
const windowCounts = topic('window-counts', { key: windowed(string()), value: json<number>() });

/** Each record's id once more, beside what is counted: a duplicate or a gap shows at the record. */
function echoed(builder: StreamsBuilder): KStream<string, Reading> {
  const stream = builder.stream(input);
  stream.mapValues(({ id }) => id).to(echo);
  return stream;
}
function checkEcho(evidence: Evidence): string[] {
  return sameInOrder('echo', evidence.given.flat(), evidence.emitted('echo'));
}

function keyCount(): Scenario {
  const builder = new StreamsBuilder();
  echoed(builder)
    .groupByKey({ name: 'by-key' })
    .count()
    .toStream()
    .mapValues((count) => count ?? 0)
    .to(counts);
  return {
    name: 'count by key',
    guarantee: 'exactly_once',
    topology: builder.build(),
    check: (evidence) => [
      ...checkEcho(evidence),
      ...risingTo(
        'count',
        countBy(evidence.given.flat(), ({ key }) => key),
        resultsOf(evidence, 'counts', String),
      ),
    ],
  };
}

function finalWindows(): Scenario {
  const shape = { sizeMs: 1_000, advanceMs: 1_000, graceMs: 200 };
  const builder = new StreamsBuilder();
  echoed(builder)
    .groupByKey({ name: 'by-key' })
    .windowedBy(tumbling({ sizeMs: shape.sizeMs }), { graceMs: shape.graceMs, emit: 'final' })
    .count()
    .to(windowCounts);
  return {
    name: 'windowed count, final',
    guarantee: 'exactly_once',
    topology: builder.build(),
    check: (evidence) => [
      ...checkEcho(evidence),
      ...exactly(
        'window',
        countWindows(evidence.given, shape).closed,
        resultsOf(evidence, 'window-counts', readWindowName),
      ),
    ],
  };
}

function updatedWindows(): Scenario {
  const shape = { sizeMs: 1_000, advanceMs: 500, graceMs: 0 };
  const builder = new StreamsBuilder();
  echoed(builder)
    .groupByKey({ name: 'by-key' })
    .windowedBy(hopping(shape), { graceMs: shape.graceMs, emit: 'updates' })
    .count()
    .to(windowCounts);
  return {
    name: 'windowed count, updates',
    guarantee: 'exactly_once',
    topology: builder.build(),
    check: (evidence) => [
      ...checkEcho(evidence),
      ...risingTo(
        'window',
        countWindows(evidence.given, shape).counts,
        resultsOf(evidence, 'window-counts', readWindowName),
      ),
    ],
  };
}

function repartitionedCount(): Scenario {
  const builder = new StreamsBuilder();
  echoed(builder)
    .groupBy('group', { name: 'by-group' })
    .count()
    .toStream()
    .mapValues((count) => count ?? 0)
    .to(counts);
  return {
    name: 'repartitioned count',
    guarantee: 'exactly_once',
    topology: builder.build(),
    check: (evidence) => [
      ...checkEcho(evidence),
      ...risingTo(
        'count',
        countBy(evidence.given.flat(), ({ group }) => group),
        resultsOf(evidence, 'counts', String),
      ),
    ],
  };
}

/** Through a topic of the application: without state, what the weaker guarantees promise holds for every record. */
function relay(guarantee: ProcessingGuarantee, check: (evidence: Evidence) => string[]): Scenario {
  const builder = new StreamsBuilder();
  builder
    .stream(input)
    .repartition({ name: 'relayed' })
    .mapValues(({ id }) => id)
    .to(echo);
  return { name: `relay, ${guarantee}`, guarantee, topology: builder.build(), check };
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

export const SCENARIOS = {
  keyCount: keyCount(),
  finalWindows: finalWindows(),
  updatedWindows: updatedWindows(),
  repartitionedCount: repartitionedCount(),
  atLeastOnce: relay('at_least_once', (evidence) => wrongTimes(evidence, (times) => times >= 1)),
  atMostOnce: relay('at_most_once', (evidence) => wrongTimes(evidence, (times) => times <= 1)),
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;
