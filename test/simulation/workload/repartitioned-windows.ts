/** Windows behind a repartition topic, whose upstream tasks crash, lag and move: watermarks travel with the records (ADR 7). */
import { json, string, StreamsBuilder, topic, tumbling } from '@hiveframe/streams';
import { countBy, resultsOf } from '../check/expectations.ts';
import type { Evidence, Given } from '../check/evidence.ts';
import { readWindowName, windowName } from '../check/windows.ts';
import { checkEcho, echo, windowCounts } from './outputs.ts';
import { input, WATERMARK_DELAY_MS, type Reading } from './input.ts';
import type { Scenario } from './scenario.ts';

const SIZE_MS = 1_000;
const GRACE_MS = 200;
/** Longer than a run: every partition is waited for. */
const readings = topic(input.name, {
  key: string(),
  value: json<Reading>(),
  timestamp: 'at',
  watermark: { delayMs: WATERMARK_DELAY_MS, idleAfterMs: 600_000 },
});

function declare() {
  const builder = new StreamsBuilder();
  const stream = builder.stream(readings);
  stream.mapValues(({ id }) => id).to(echo);
  stream
    .groupBy('group', { name: 'by-group' })
    .windowedBy(tumbling({ sizeMs: SIZE_MS }), { graceMs: GRACE_MS, emit: 'final' })
    .count()
    .to(windowCounts);
  return builder.build();
}
const topology = declare();

export const repartitionedWindows: Scenario = {
  name: 'windowed count behind a repartition topic',
  guarantee: 'exactly_once',
  beginsEverywhere: true, // a partition that has had no record is not waited for
  topology: () => topology,
  check: (evidence) => [...checkEcho(evidence), ...checkWindows(evidence)],
};

const startOf = (at: number) => at - (at % SIZE_MS);
const closesAtMs = (startMs: number) => startMs + SIZE_MS + GRACE_MS;
const windowOf = ({ group, at }: Given) => windowName(group, startOf(at));

/** A window is given once, when all partitions have passed it. It has every record that was not late in its own partition; one that
 *  was may count or not: that depends on how far the others were. */
function checkWindows(evidence: Evidence): string[] {
  const { given } = evidence;
  const most = countBy(given.flat(), windowOf);
  const least = countBy(given.flatMap(onTime), windowOf);
  const watermarkMs = Math.min(...given.map((partition) => watermarkOf(partition)));
  const found = resultsOf(evidence, 'window-counts', readWindowName);
  return [...new Set([...most.keys(), ...found.keys()])].flatMap((name) => {
    const results = found.get(name) ?? [];
    const isClosed = closesAtMs(Number(name.split('@')[1])) <= watermarkMs;
    const [low, high] = isClosed ? [least.get(name) ?? 0, most.get(name) ?? 0] : [0, 0];
    const count = results[0] ?? 0;
    if (results.length <= 1 && low <= count && count <= high) return [];
    return [`window ${name}: wanted ${low} to ${high} once, found ${results.join()}`];
  });
}

function watermarkOf(partition: readonly Given[]): number {
  return Math.max(...partition.map(({ at }) => at)) - WATERMARK_DELAY_MS;
}

function onTime(partition: readonly Given[]): Given[] {
  let watermarkMs = -Infinity;
  return partition.filter(({ at }) => {
    watermarkMs = Math.max(watermarkMs, at - WATERMARK_DELAY_MS);
    return closesAtMs(startOf(at)) > watermarkMs;
  });
}
