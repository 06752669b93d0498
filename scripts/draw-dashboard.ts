/** Draws the Grafana dashboard as a real Prometheus answers its queries: `node --conditions=hf-source scripts/draw-dashboard.ts`, after
 *  `npm run build`, with `prometheus` on the PATH. The reference app runs with simulated sensors, on Kafka and Redis where
 *  KAFKA_BROKERS and REDIS_URL say so. MINUTES= @defaultValue 3 */
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { prometheusBinary, PrometheusServer, type Series } from '../test/support/prometheus.ts';
import { ReferenceApp } from '../test/support/reference-app.ts';

const ROOT = new URL('../', import.meta.url);
const OUT = new URL('docs/guide/images/telemetry.svg', ROOT);
const MINUTES = Number(process.env['MINUTES'] ?? 3);
const STEP_S = 2;
const WIDTH = 320;
const HEIGHT = 150;
const PLOT = { left: 44, right: 8, top: 26, bottom: 34 };
const MAX_LINES = 6;
const id = `dashboard-${randomUUID().slice(0, 8)}`;

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly fieldConfig?: {
    readonly defaults: { readonly unit: string };
    /** Of what has a unit of its own, on an axis at the right: left out here. */
    readonly overrides: readonly { readonly matcher: { readonly options: string } }[];
  };
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly legendFormat: string;
  }[];
}
interface Drawn {
  readonly label: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

const dashboard = JSON.parse(
  readFileSync(new URL('libs/streams-otel/grafana/hiveframe-streams.json', ROOT), 'utf8'),
) as { readonly panels: readonly Panel[] };

const filledIn = (expr: string) =>
  expr.replaceAll(/\$(application|instance)/g, '.*').replaceAll('$__rate_interval', '15s');
const legend = (format: string, { metric }: Series) =>
  format.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => metric[name] ?? '').replace(`${id}-`, '');

async function linesOf(panel: Panel, prometheus: PrometheusServer): Promise<Drawn[]> {
  const lines: Drawn[] = [];
  const endS = Date.now() / 1000;
  const others = new Set(panel.fieldConfig?.overrides.map(({ matcher }) => matcher.options));
  for (const { refId, expr, legendFormat } of panel.targets ?? []) {
    if (others.has(refId)) continue;
    const range = { startS: endS - MINUTES * 60 + 20, endS, stepS: STEP_S };
    for (const series of await prometheus.queryRange(filledIn(expr), range)) {
      const points = series.values.map(([s, y]) => [s - range.startS, Number(y)] as const);
      lines.push({
        label: legend(legendFormat, series),
        points: points.filter(([, y]) => Number.isFinite(y)),
      });
    }
  }
  return lines.slice(0, MAX_LINES);
}

function draw({ title, fieldConfig }: Panel, lines: readonly Drawn[], x: number, y: number): string {
  const highest = Math.max(...lines.flatMap(({ points }) => points.map(([, value]) => value)), 0);
  const isFlat = highest === 0;
  const greatest = isFlat ? 1 : highest;
  const width = WIDTH - PLOT.left - PLOT.right;
  const height = HEIGHT - PLOT.top - PLOT.bottom;
  const px = (s: number) => (x + PLOT.left + (s / (MINUTES * 60 - 20)) * width).toFixed(1);
  const py = (value: number) => (y + PLOT.top + height - (value / greatest) * height).toFixed(1);
  const drawn = lines.map(
    ({ points }, index) =>
      `<polyline class="c${index}" points="${points.map(([s, value]) => `${px(s)},${py(value)}`).join(' ')}"/>`,
  );
  const labels = lines
    .slice(0, 3)
    .map(({ label }, index) => `<tspan class="c${index}">${escaped(label)} </tspan>`);
  return [
    `<rect class="panel" x="${x}" y="${y}" width="${WIDTH}" height="${HEIGHT}" rx="4"/>`,
    `<text class="head" x="${x + 8}" y="${y + 17}">${escaped(title)}</text>`,
    `<text class="note" text-anchor="end" x="${x + PLOT.left - 4}" y="${y + PLOT.top + 8}">${show(isFlat ? 0 : greatest, fieldConfig?.defaults.unit ?? '')}</text>`,
    `<line class="axis" x1="${x + PLOT.left}" x2="${x + WIDTH - PLOT.right}" y1="${y + HEIGHT - PLOT.bottom}" y2="${y + HEIGHT - PLOT.bottom}"/>`,
    ...drawn,
    `<text class="note" x="${x + 8}" y="${y + HEIGHT - 12}">${lines.length === 0 ? 'no data' : labels.join('')}</text>`,
  ].join('\n');
}

function show(value: number, unit: string): string {
  if (unit === 's') return value >= 1 ? `${value.toPrecision(2)} s` : `${(value * 1000).toPrecision(2)} ms`;
  if (unit === 'percentunit') return `${Math.round(value * 100)} %`;
  if (unit === 'bytes' || unit === 'Bps') return `${(value / 1024).toFixed(1)} K`;
  return Number(value.toPrecision(3)).toLocaleString('en');
}
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

const STYLE = `<style>
  text { font: 10px system-ui, sans-serif; fill: #24292f } .head { font-weight: 600; font-size: 11px } .note { fill: #6e7781 }
  .row { font-size: 13px; font-weight: 600 } .panel { fill: none; stroke: #d0d7de } .axis { stroke: #d0d7de }
  polyline { fill: none; stroke-width: 1.5 }
  polyline.c0 { stroke: #0969da } polyline.c1 { stroke: #bc4c00 } polyline.c2 { stroke: #1a7f37 } polyline.c3 { stroke: #8250df }
  polyline.c4 { stroke: #bf3989 } polyline.c5 { stroke: #8c959f }
  tspan.c0 { fill: #0969da } tspan.c1 { fill: #bc4c00 } tspan.c2 { fill: #1a7f37 }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .panel, .axis { stroke: #30363d } }
</style>`;

async function drawAll(prometheus: PrometheusServer): Promise<string> {
  const parts: string[] = [];
  let column = 0;
  let y = 8;
  for (const panel of dashboard.panels) {
    if (panel.type === 'row') {
      if (column > 0) y += HEIGHT + 8;
      parts.push(`<text class="row" x="8" y="${y + 16}">${escaped(panel.title)}</text>`);
      y += 26;
      column = 0;
      continue;
    }
    if (column === 3) {
      y += HEIGHT + 8;
      column = 0;
    }
    parts.push(draw(panel, await linesOf(panel, prometheus), 8 + column++ * (WIDTH + 8), y));
  }
  const size = { width: 3 * (WIDTH + 8) + 8, height: y + HEIGHT + 8 };
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" role="img">\n${STYLE}\n${parts.join('\n')}\n</svg>\n`;
}

const app = await ReferenceApp.start({
  METRICS: 'true',
  SIMULATE: 'true',
  WINDOW_MS: '5000',
  WATERMARK_DELAY_MS: '1000',
  APPLICATION_ID: id,
  INPUT_TOPIC: `${id}-in`,
  OUTPUT_TOPIC: `${id}-out`,
  ALERT_TOPIC: `${id}-alerts`,
  DEAD_LETTER_TOPIC: `${id}-dead`,
  NUM_STREAM_THREADS: process.env['KAFKA_BROKERS'] === undefined ? '1' : '2',
});
const rules = new URL('libs/streams-otel/prometheus/alerts.yaml', ROOT).pathname;
const prometheus = await PrometheusServer.start(prometheusBinary('prometheus')!, {
  target: `127.0.0.1:${app.port}`,
  rules,
});
await app.waitUntilReady();
await delay(MINUTES * 60_000);
writeFileSync(OUT, await drawAll(prometheus));
await prometheus.stop();
await app.stop();
process.stdout.write(`${OUT.pathname}\n`);
