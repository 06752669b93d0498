/** The application as a real Prometheus sees it: dashboard and alerts are asked of what it has scraped. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { Cluster } from '../support/cluster.ts';
import { kafkaBrokers } from '../support/kafka.ts';
import { prometheusBinary, PrometheusServer } from '../support/prometheus.ts';
import { eventually } from '../support/eventually.ts';
import { AppProcess } from './app-process.ts';

const TELEMETRY = new URL('../../libs/streams-otel/', import.meta.url);
const ALERTS = fileURLToPath(new URL('prometheus/alerts.yaml', TELEMETRY));

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}
const dashboard = JSON.parse(
  readFileSync(new URL('grafana/hiveframe-streams.json', TELEMETRY), 'utf8'),
) as Dashboard;
const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => [title, expr] as const),
);
/** What Grafana puts in. */
const filledIn = (expr: string) =>
  expr.replaceAll(/\$(application|instance)/g, '.*').replaceAll('$__rate_interval', '1m');

/** Nothing of the kind happens here, so there is no such series. */
const WITHOUT_DATA = ['Tasks that started over', 'Skipped', 'Restore: what is left'];

const brokers = await kafkaBrokers();
const promtool = prometheusBinary('promtool');
const prometheus = brokers === undefined ? undefined : prometheusBinary('prometheus');

(promtool === undefined ? describe.skip : describe)('the alert rules', () => {
  it('are right, says promtool', async () => {
    const { stdout } = await promisify(execFile)(promtool!, ['check', 'rules', '--lint=all', ALERTS]);
    expect(stdout).toMatch(/SUCCESS: \d+ rules found/);
  });

  it('are found by the Prometheus of the compose file, whose settings are right', async () => {
    const config = fileURLToPath(new URL('prometheus/prometheus.yml', TELEMETRY));
    const { stdout } = await promisify(execFile)(promtool!, ['check', 'config', config]);
    expect(stdout).toMatch(/1 rule files found[^]*SUCCESS/);
  });
});

(prometheus === undefined ? describe.skip : describe)('the application, scraped by a Prometheus', () => {
  const id = `e2e-telemetry-${randomUUID()}`;
  const input = `${id}-in`;
  let app: AppProcess;
  let server: PrometheusServer;

  const start = () =>
    AppProcess.start({
      KAFKA_BROKERS: brokers!,
      NUM_STREAM_THREADS: '2',
      METRICS: 'true',
      SIMULATE: 'true',
      CONSOLE: 'false',
      WINDOW_MS: '1000',
      WATERMARK_DELAY_MS: '200',
      APPLICATION_ID: id,
      INPUT_TOPIC: input,
      OUTPUT_TOPIC: `${id}-out`,
      ALERT_TOPIC: `${id}-alerts`,
      DEAD_LETTER_TOPIC: `${id}-dead`,
    });
  const isReady = async () => (await app.health('ready'))?.code === 200;

  /** One that is no reading, and one that is long late. */
  async function writeMisfits(): Promise<void> {
    const client = new Kafka({ brokers: brokers!.split(','), logLevel: logLevel.NOTHING });
    const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    const late = { sensor_id: 'sensor-1', temperature: 20, humidity: 50, timestamp: 1_000_000 };
    const messages = ['no reading', JSON.stringify(late)].map((value) => ({ key: 'sensor-1', value }));
    await producer.send({ topic: input, messages });
    await producer.disconnect();
  }

  beforeAll(async () => {
    app = await start();
    await app.waitFor('readiness', isReady);
    await app.waitFor('windows in the state', async () =>
      /hiveframe_streams_produced_records_total\{[^}]*changelog[^}]*\} \d/.test(await page()),
    );
    // Its state is in memory: the next one restores it.
    app.kill('SIGKILL');
    await app.exited;
    app = await start();
    server = await PrometheusServer.start(prometheus!, { target: `127.0.0.1:${app.port}`, rules: ALERTS });
    await app.waitFor('readiness', isReady);
    await writeMisfits();
  }, 120_000);

  const page = async () => (await fetch(`http://127.0.0.1:${app.port}/metrics`)).text();

  afterAll(async () => {
    await server?.stop();
    app?.kill('SIGTERM');
    await app?.exited;
    const cluster = await Cluster.connect(brokers!);
    await cluster.removeAll(id);
    await cluster.close();
  }, 60_000);

  it('gives it what both threads measure, and the state of the whole', async () => {
    const threads = await eventually('records of both threads', async () => {
      const found = await server.query('sum by (thread_name) (hiveframe_streams_process_records_total)');
      return found.length === 2 && found;
    });
    expect(new Set(threads.map(({ metric }) => metric['thread_name']))).toEqual(
      new Set(['StreamThread-1', 'StreamThread-2']),
    );
    const running = 'hiveframe_streams_client_state{hiveframe_streams_state="running"} == 1';
    expect(await server.query(running)).toHaveLength(1);
  }, 60_000);

  it('answers every query of the dashboard, with data where there is something to show', async () => {
    const missing = await eventually(
      'data for each query',
      async () => {
        const silent: string[] = [];
        for (const [title, expr] of queries)
          if ((await server.query(filledIn(expr))).length === 0) silent.push(title);
        const unexpected = silent.filter((title) => !WITHOUT_DATA.includes(title));
        if (unexpected.length > 0) last = unexpected;
        return unexpected.length === 0 && silent;
      },
      { timeoutMs: 60_000, everyMs: 1_000 },
    ).catch((error: unknown) => {
      throw new Error(`No data for ${last.join(', ')}`, { cause: error });
    });
    expect(missing.every((title) => WITHOUT_DATA.includes(title))).toBe(true);
  }, 90_000);
  let last: readonly string[] = [];

  it('evaluates every alert, and lets that of the dead letters fire', async () => {
    const rules = await eventually('the alert fires', async () => {
      const found = await server.rules();
      return found.find(({ name }) => name === 'HiveFrameDeadLetters')?.state === 'firing' && found;
    });
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    const firing = rules.filter(({ state }) => state === 'firing').map(({ name }) => name);
    expect(firing).toEqual(['HiveFrameDeadLetters']);
  }, 60_000);
});
