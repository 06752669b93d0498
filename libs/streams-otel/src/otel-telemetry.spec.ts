/** The real engine on the embedded log, read as a Prometheus reads it. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  json,
  StreamsApp,
  StreamsBuilder,
  string,
  topic,
  tumbling,
  type Metric,
  type StreamsConfig,
} from '@hiveframe/streams';
import { embedded, type EmbeddedLog } from '@hiveframe/streams-embedded';
import { eventually, write } from '../../streams/test/support/cluster.ts';
import { METRIC_CATALOGUE } from './metric-catalogue.ts';
import { startTelemetry, type StartedTelemetry } from './start-telemetry.ts';

interface Reading {
  readonly at: number;
}
const readings = topic('readings', { key: string(), value: json<Reading>(), timestamp: 'at' });
const counts = topic('counts', { value: json<number>() });

function countReadings() {
  const builder = new StreamsBuilder();
  builder
    .stream(readings)
    .groupByKey({ name: 'by-key' })
    .windowedBy(tumbling({ sizeMs: 1_000 }), { graceMs: 0, emit: 'final' })
    .count()
    .toStream()
    .map((value) => ({ key: null, value }))
    .to(counts);
  return builder.build();
}

let log: EmbeddedLog;
let started: StartedTelemetry;
let app: StreamsApp;

beforeEach(async () => {
  log = embedded();
  await log.admin.create([
    { topic: 'readings', numPartitions: 1 },
    { topic: 'counts', numPartitions: 1 },
  ]);
  started = startTelemetry({ resource: { 'service.name': 'sensors' } });
  app = newApp({ telemetry: started.telemetry });
  await app.start();
});
afterEach(async () => {
  await app.stop();
  await started.shutdown();
});

const newApp = (more: Partial<StreamsConfig>) =>
  new StreamsApp(countReadings(), {
    applicationId: 'sensors',
    log: log.share(),
    processingGuarantee: 'exactly_once',
    commitIntervalMs: 10,
    ...more,
  });

const writeReadings = (...values: readonly string[]) =>
  write(
    log,
    { topic: 'readings', partition: 0 },
    values.map((value) => ({ key: 'a', value, timestampMs: 1 })),
  );

/** Waits for a line of the page. */
async function line(start: string): Promise<number> {
  let found: string | undefined;
  await eventually(async () => {
    const page = await started.page.text();
    found = page.split('\n').find((one) => one.startsWith(start) && !one.endsWith(' 0'));
    return found !== undefined;
  }, `a line that begins with ${start}`);
  return Number(found!.slice(found!.lastIndexOf(' ')));
}

describe('otelTelemetry', () => {
  it('gives a Prometheus what was processed, committed, dropped and refused, under names with units', async () => {
    await writeReadings('{"at":100}', '{"at":200}', '{"at":2500}', '{"at":50}', 'no JSON');
    const task = 'hiveframe_streams_task_id="0_0"';
    const group = 'messaging_consumer_group_name="sensors"';
    expect(await line(`hiveframe_streams_process_records_total{${task},${group}}`)).toBe(5);
    expect(await line(`hiveframe_streams_process_time_seconds_total{${task}`)).toBeGreaterThan(0);
    expect(await line('hiveframe_streams_commit_duration_seconds_count')).toBeGreaterThan(0);
    expect(await line('hiveframe_streams_process_duration_seconds_sum')).toBeLessThan(1);
    const late = `hiveframe_streams_dropped_records_total{${task},hiveframe_streams_reason="late"`;
    expect(await line(late)).toBe(1);
    expect(
      await line(`hiveframe_streams_dead_letter_records_total{${task},error_type="deserialization"`),
    ).toBe(1);
    expect(await line('hiveframe_streams_consumed_records_total')).toBe(5);
    expect(await line('hiveframe_streams_produced_records_total{messaging_destination_name="counts"')).toBe(
      1,
    );
    expect(await line(`hiveframe_streams_watermark_delay_seconds{${task}`)).toBeGreaterThan(1e9);
    expect(await started.page.text()).toMatch(/\nhiveframe_streams_state_entries\{.*\} \d\n/);
    expect(await line('hiveframe_streams_state_flush_duration_seconds_count')).toBeGreaterThan(0);
  });

  it('tells the state by one series for each, and nothing of an application that has stopped', async () => {
    expect(await line('hiveframe_streams_client_state{hiveframe_streams_state="running"')).toBe(1);
    expect(await started.page.text()).toMatch(/client_state\{hiveframe_streams_state="error".*\} 0\n/);
    await app.stop();
    expect(await started.page.text()).not.toContain('client_state{');
  });

  it('tells the lag of each input, from the log’s end to what was processed', async () => {
    await app.stop();
    const slow = newApp({ telemetry: started.telemetry, maxTaskIdleMs: 0 });
    app = slow;
    await writeReadings('{"at":100}', '{"at":200}');
    await slow.start();
    await line('hiveframe_streams_process_records_total');
    const lag = slow.metrics().find(({ name }) => name === 'records-lag')!;
    expect(lag).toEqual({
      name: 'records-lag',
      kind: 'gauge',
      value: 0,
      attributes: { task: '0_0', topic: 'readings', partition: '0' },
    });
  });

  it('knows every metric that the engine keeps', async () => {
    await writeReadings('{"at":100}');
    await line('hiveframe_streams_process_records_total');
    const kinds = { counter: 'observedCounter', gauge: 'observedGauge' } as const;
    const told = app.metrics().map(({ name, kind }: Metric) => [name, kinds[kind]]);
    expect(told).toEqual(told.map(([name]) => [name, METRIC_CATALOGUE[name!]?.kind]));
  });

  it('sends what is left when it is shut down, and waits no longer than it is told', async () => {
    const received: ServerResponse[] = [];
    const collector = createServer((_, response) => void received.push(response)).listen(0, '127.0.0.1');
    await once(collector, 'listening');
    const { port } = collector.address() as AddressInfo;
    const otlp = startTelemetry({
      resource: { 'service.name': 'sensors' },
      otlpMetrics: true,
      otlpEndpoint: `http://127.0.0.1:${port}`,
    });
    otlp.telemetry.count('dead-letters', 1);
    const sinceMs = performance.now();
    await otlp.shutdown({ timeoutMs: 10 }); // the collector does not answer; the SDK would wait for ten seconds
    expect(performance.now() - sinceMs).toBeLessThan(5_000);
    await eventually(async () => received.length === 1, 'a request');
    received[0]!.end();
    collector.close();
    collector.closeIdleConnections();
    await once(collector, 'close');
  });

  it('makes a metric of what a processor counts under a name of its own', async () => {
    started.telemetry.count('orders', 2, { country: 'de' });
    started.telemetry.record('order-value', 30);
    expect(await line('orders_total{country="de"}')).toBe(2);
    expect(await line('order_value_sum')).toBe(30);
  });
});
