/** Applications with state, exactly once. */
import { hopping, StreamsBuilder, tumbling, type Topology } from '@hiveframe/streams';
import type { Evidence } from '../check/evidence.ts';
import { countBy, exactly, onceEach, resultsOf, risingTo } from '../check/expectations.ts';
import { countWindows, readWindowName, type WindowShape } from '../check/windows.ts';
import { input, otherInput, type Reading } from './input.ts';
import { checkDeadLetters, checkEcho, counts, echo, echoed, windowCounts } from './outputs.ts';
import type { Scenario } from './scenario.ts';

const guarantee = 'exactly_once';

function declare(write: (builder: StreamsBuilder) => void): () => Topology {
  const builder = new StreamsBuilder();
  write(builder);
  const topology = builder.build();
  return () => topology;
}

function checkCounts(evidence: Evidence, by: (one: Reading & { readonly key: string }) => string): string[] {
  const wanted = countBy(evidence.given.flat(), by);
  return risingTo('count', wanted, resultsOf(evidence, 'counts', String));
}
function checkClosed(evidence: Evidence, shape: WindowShape): string[] {
  const { closed } = countWindows(evidence.given, shape);
  return exactly('window', closed, resultsOf(evidence, 'window-counts', readWindowName));
}

export const keyCount: Scenario = {
  name: 'count by key',
  guarantee,
  topology: declare((builder) => {
    echoed(builder)
      .groupByKey({ name: 'by-key' })
      .count()
      .toStream()
      .mapValues((count) => count ?? 0)
      .to(counts);
  }),
  check: (evidence) => [...checkEcho(evidence), ...checkCounts(evidence, ({ key }) => key)],
};

const FINAL = { sizeMs: 1_000, advanceMs: 1_000, graceMs: 200 };

export const finalWindows: Scenario = {
  name: 'windowed count, final',
  guarantee,
  topology: declare((builder) => {
    echoed(builder)
      .groupByKey({ name: 'by-key' })
      .windowedBy(tumbling({ sizeMs: FINAL.sizeMs }), { graceMs: FINAL.graceMs, emit: 'final' })
      .count()
      .to(windowCounts);
  }),
  check: (evidence) => [...checkEcho(evidence), ...checkClosed(evidence, FINAL)],
};

/** The same results, of windows that give their updates to one that holds them back. */
export const suppressedWindows: Scenario = {
  name: 'windowed count, suppressed until windows close',
  guarantee,
  topology: declare((builder) => {
    echoed(builder)
      .groupByKey({ name: 'by-key' })
      .windowedBy(tumbling({ sizeMs: FINAL.sizeMs }), { graceMs: FINAL.graceMs })
      .count()
      .suppress({ name: 'closed', until: 'windowCloses' })
      .to(windowCounts);
  }),
  check: (evidence) => [...checkEcho(evidence), ...checkClosed(evidence, FINAL)],
};

const UPDATES = { sizeMs: 1_000, advanceMs: 500, graceMs: 0 };

export const updatedWindows: Scenario = {
  name: 'windowed count, updates',
  guarantee,
  topology: declare((builder) => {
    echoed(builder)
      .groupByKey({ name: 'by-key' })
      .windowedBy(hopping(UPDATES), { graceMs: UPDATES.graceMs, emit: 'updates' })
      .count()
      .to(windowCounts);
  }),
  check: (evidence) => [
    ...checkEcho(evidence),
    ...risingTo(
      'window',
      countWindows(evidence.given, UPDATES).counts,
      resultsOf(evidence, 'window-counts', readWindowName),
    ),
  ],
};

export const repartitionedCount: Scenario = {
  name: 'repartitioned count',
  guarantee,
  topology: declare((builder) => {
    echoed(builder)
      .groupBy('group', { name: 'by-group' })
      .count()
      .toStream()
      .mapValues((count) => count ?? 0)
      .to(counts);
  }),
  check: (evidence) => [...checkEcho(evidence), ...checkCounts(evidence, ({ group }) => group)],
};

/** One task, two stores: both go with the same commit. */
export const twoStores: Scenario = {
  name: 'count by key, and by window',
  guarantee,
  topology: declare((builder) => {
    const stream = echoed(builder);
    stream
      .groupByKey({ name: 'by-key' })
      .count()
      .toStream()
      .mapValues((count) => count ?? 0)
      .to(counts);
    stream
      .groupByKey({ name: 'by-window' })
      .windowedBy(tumbling({ sizeMs: FINAL.sizeMs }), { graceMs: FINAL.graceMs, emit: 'final' })
      .count()
      .to(windowCounts);
  }),
  check: (evidence) => [
    ...checkEcho(evidence),
    ...checkCounts(evidence, ({ key }) => key),
    ...checkClosed(evidence, FINAL),
  ],
};

/** One task, two inputs, each with its position; between them there is no order. */
export const mergedInputs: Scenario = {
  name: 'count of two merged inputs',
  guarantee,
  inputs: [input.name, otherInput.name],
  topology: declare((builder) => {
    const merged = builder.stream(input).merge(builder.stream(otherInput));
    merged.mapValues(({ id }) => id).to(echo);
    merged
      .groupByKey({ name: 'by-key' })
      .count()
      .toStream()
      .mapValues((count) => count ?? 0)
      .to(counts);
  }),
  check: (evidence) => [
    ...onceEach(
      'echo',
      evidence.given.flat().map(({ id }) => id),
      evidence.emitted('echo').map(({ value }) => String(value)),
    ),
    ...checkDeadLetters(evidence),
    ...checkCounts(evidence, ({ key }) => key),
  ],
};

/** Records are held back, some longer than a commit interval. */
export const asyncMap: Scenario = {
  name: 'asynchronous map and count',
  guarantee,
  topology: (clock) => {
    const builder = new StreamsBuilder();
    const stream = builder.stream(input).mapValuesAsync(
      async (reading) => {
        await clock.delay(slownessMs(reading));
        return reading;
      },
      { name: 'look-up', concurrency: 4, timeoutMs: 10_000 },
    );
    stream.mapValues(({ id }) => id).to(echo);
    stream
      .groupByKey({ name: 'by-key' })
      .count()
      .toStream()
      .mapValues((count) => count ?? 0)
      .to(counts);
    return builder.build();
  },
  check: (evidence) => [...checkEcho(evidence), ...checkCounts(evidence, ({ key }) => key)],
};

function slownessMs({ at }: Reading): number {
  return at % 10 === 0 ? 150 : at % 30;
}
