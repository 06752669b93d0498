/** Dashboard and alerts speak of metrics that exist; `test/e2e/app-telemetry.e2e-spec.ts` has a real Prometheus answer them. */
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { ATTRIBUTE_NAMES } from './attribute-names.ts';
import { METRIC_CATALOGUE, NAMESPACE, type MetricEntry } from './metric-catalogue.ts';

interface Dashboard {
  readonly panels: readonly { readonly targets?: readonly { readonly expr: string }[] }[];
}
interface AlertRules {
  readonly groups: readonly { readonly rules: readonly AlertRule[] }[];
}
interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const dashboard = JSON.parse(read('grafana/hiveframe-streams.json')) as Dashboard;
const alerts = (parse(read('prometheus/alerts.yaml')) as AlertRules).groups.flatMap(({ rules }) => rules);

/** As Prometheus has it. */
function seriesOf({ name, kind, unit }: MetricEntry): string[] {
  const base = `${NAMESPACE}.${name}`.replaceAll('.', '_');
  const named = `${base}${{ s: '_seconds', By: '_bytes' }[unit] ?? ''}`;
  if (kind === 'histogram') return ['_bucket', '_sum', '_count'].map((end) => named + end);
  return [kind === 'observedGauge' ? named : `${named}_total`];
}
const known = new Set(Object.values(METRIC_CATALOGUE).flatMap(seriesOf));
const namesIn = (expr: string) =>
  expr
    .match(/hiveframe_streams_\w+(?=[{[)]| offset|$)/gm)
    ?.filter((name) => !/_(id|name|reason|state)$/.test(name) || known.has(name)) ?? [];

describe('the Grafana dashboard', () => {
  const expressions = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

  it('asks for metrics that are there', () => {
    const asked = expressions.flatMap(namesIn);
    expect(asked.length).toBeGreaterThanOrEqual(expressions.length);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });

  it('shows every metric of the engine but those that Kafka Streams has not', () => {
    const asked = new Set(expressions.flatMap(namesIn));
    const missing = Object.values(METRIC_CATALOGUE)
      .filter((entry) => entry.kafkaStreams !== null && !seriesOf(entry).some((name) => asked.has(name)))
      .map(({ name }) => name);
    expect(missing).toEqual(['poll.calls', 'consumed.records']);
  });
});

describe('the alert rules', () => {
  it('ask for metrics that are there', () => {
    const asked = alerts.flatMap(({ expr }) => namesIn(expr));
    expect(asked.length).toBeGreaterThanOrEqual(alerts.length);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });

  it('name the page of the runbook, and how bad it is', () => {
    for (const { alert, labels, annotations } of alerts) {
      expect(annotations['runbook_url']).toBe(`docs/operations/runbook.md#${alert.toLowerCase()}`);
      expect(['warning', 'critical']).toContain(labels['severity']);
      expect(annotations['summary']).toMatch(/\.$/);
    }
  });
});

describe('docs/operations/runbook.md', () => {
  const page = read('../../docs/operations/runbook.md');

  it('has a section for each alert, in their order, and for none that is not there', () => {
    const sections = Array.from(page.matchAll(/^## (HiveFrame\w+)$/gm), ([, name]) => name);
    expect(sections).toEqual(alerts.map(({ alert }) => alert));
  });

  it('speaks of alerts and metrics that are there', () => {
    const alerting = new Set(alerts.map(({ alert }) => alert));
    const spokenOf = Array.from(page.matchAll(/`(HiveFrame\w+)`/g), ([, name]) => name!);
    expect(spokenOf.filter((name) => !alerting.has(name))).toEqual([]);
    const queries = Array.from(page.matchAll(/```promql\n(.*?)```/gs), ([, query]) => query!);
    const asked = queries.flatMap(namesIn);
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });

  it('says of each alert where to look, what to do, and when to wake someone', () => {
    for (const section of page.split(/^## /m).filter((text) => text.startsWith('HiveFrame')))
      for (const part of ['**Look:**', '**Do:**', '**Wake someone:**']) expect(section).toContain(part);
  });
});

describe('docs/guide/telemetry.md', () => {
  it('has every attribute', () => {
    const page = read('../../docs/guide/telemetry.md');
    const missing = Object.values(ATTRIBUTE_NAMES).filter((name) => !page.includes(`\n| \`${name}\``));
    expect(missing).toEqual([]);
  });

  it('has every metric in its table, with its unit and Kafka Streams’ name', () => {
    const page = read('../../docs/guide/telemetry.md').replaceAll(/ +/g, ' ');
    for (const { name, unit, description, kafkaStreams } of Object.values(METRIC_CATALOGUE)) {
      expect(page).toContain(`| \`${NAMESPACE}.${name}\` | ${unit} | `);
      expect(page).toContain(
        ` | ${description} | ${kafkaStreams === null ? '—' : `\`${kafkaStreams.replaceAll(', ', '`, `')}\``} |`,
      );
    }
  });
});
