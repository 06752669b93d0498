/** What telemetry costs: the reference work without, with metrics that are scraped once a run (about half a second; no Prometheus asks
 *  as often), and with all batches traced besides, in turn in one process.
 *  Commits come every 12,500 records of a partition, so more often than 100 ms apart: in practice there is less to tell.
 *  Run: npm run bench:telemetry   (RECORDS=, SENSORS=, ROUNDS=; MAX_PERCENT= fails above it, for metrics) */
import { startTelemetry } from '@hiveframe/streams-otel';
import type { StreamsConfig } from '@hiveframe/streams';
import { makeReadings } from './readings.ts';
import { PARTITIONS, processAll } from './window-work.ts';

const RECORDS = Number(process.env['RECORDS'] ?? 1_000_000);
const SENSORS = Number(process.env['SENSORS'] ?? 1_000);
const ROUNDS = Number(process.env['ROUNDS'] ?? 8);
/** Nobody listens there: spans are made and encoded, and given up. */
const NOWHERE = 'http://127.0.0.1:9';

const started = startTelemetry({
  resource: { 'service.name': 'bench' },
  otlpTraces: true,
  otlpEndpoint: NOWHERE,
});
const { telemetry } = started;
const tracing = started.tracing!;
const VARIANTS = {
  off: {},
  metrics: { telemetry },
  metricsAndTraces: { telemetry, tracing },
} satisfies Record<string, Pick<StreamsConfig, 'telemetry' | 'tracing'>>;
type Variant = keyof typeof VARIANTS;

const fetches = makeReadings({
  topic: 'readings',
  numPartitions: PARTITIONS,
  count: RECORDS,
  sensors: SENSORS,
});

async function usPerRecord(variant: Variant): Promise<number> {
  const before = process.cpuUsage();
  await processAll(fetches, VARIANTS[variant]);
  if (variant !== 'off') await started.page.text();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / RECORDS;
}

const runs: Record<Variant, number[]> = { off: [], metrics: [], metricsAndTraces: [] };
const variants = Object.keys(VARIANTS) as Variant[];
for (let round = 0; round < ROUNDS + 2; round++) {
  const turn = round % variants.length; // each comes first as often
  for (const variant of [...variants.slice(turn), ...variants.slice(0, turn)]) {
    const us = await usPerRecord(variant);
    if (round >= 2) runs[variant].push(us);
  }
}
const median = (all: readonly number[]) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!;
const percentMore = (variant: Variant) => (median(runs[variant]) / median(runs.off) - 1) * 100;
const rounded = (value: number) => Number(value.toFixed(2));
process.stdout.write(
  `${JSON.stringify({
    records: RECORDS,
    rounds: ROUNDS,
    offUs: rounded(median(runs.off)),
    leastOffUs: rounded(Math.min(...runs.off)),
    metricsPercent: rounded(percentMore('metrics')),
    leastMetricsPercent: rounded((Math.min(...runs.metrics) / Math.min(...runs.off) - 1) * 100),
    metricsAndTracesPercent: rounded(percentMore('metricsAndTraces')),
  })}\n`,
);
const maxPercent = Number(process.env['MAX_PERCENT'] ?? Infinity);
if (percentMore('metrics') > maxPercent) {
  process.stderr.write(`Metrics cost more than ${maxPercent} % of CPU time.\n`);
  process.exitCode = 1;
}
process.exit(); // spans that nobody takes are not waited for
