/** Charts as SVG text, without a library: bars beside each other, and lines over a logarithmic axis. They follow the reader's colour
 *  scheme, light or dark. */

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Drawn as a whisker. */
  readonly min: number;
  readonly max: number;
}
export interface BarGroup {
  readonly title: string;
  readonly bars: readonly Bar[];
}
export interface Line {
  readonly label: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}
export interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
}
type Show = (value: number) => string;

const STYLE = `<style>
  text { font: 12px system-ui, sans-serif; fill: #24292f; stroke: none !important }
  .head { font-weight: 600 } .note { fill: #6e7781 } .axis { stroke: #8c959f } .whisker { stroke: #24292f; stroke-opacity: .6 }
  .c0 { fill: #0969da; stroke: #0969da } .c1 { fill: #54aeff; stroke: #54aeff } .c2 { fill: #8250df; stroke: #8250df }
  .c3 { fill: #1a7f37; stroke: #1a7f37 } .c4 { fill: #8c959f; stroke: #8c959f } .c5 { fill: #bc4c00; stroke: #bc4c00 }
  polyline { fill: none !important; stroke-width: 2 }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .whisker { stroke: #e6edf3 } .note { fill: #8d96a0 } }
</style>`;
const COLOURS = 6;
const NAME_WIDTH = 210;
const BAR_WIDTH = 420;
const BAR_HEIGHT = 16;
const BAR_STEP = 20;
const HEAD_STEP = 26;
const WIDTH = 760;

/** Groups one below the other, each scaled to its own greatest value. Bars of one name have one colour. */
export function barChart(title: string, groups: readonly BarGroup[], show: Show): string {
  const names = [...new Set(groups.flatMap(({ bars }) => bars.map(({ label }) => label)))];
  const parts: string[] = [];
  let y = 24;
  for (const group of groups) {
    const greatest = Math.max(...group.bars.map(({ max }) => max));
    y += HEAD_STEP;
    parts.push(text(8, y - 8, group.title, 'head'));
    for (const bar of group.bars) {
      parts.push(barOf(bar, y, greatest, names.indexOf(bar.label), show));
      y += BAR_STEP;
    }
  }
  return svg(WIDTH, y + 10, [text(8, 18, title, 'head'), ...parts]);
}

function barOf(
  { label, value, min, max }: Bar,
  y: number,
  greatest: number,
  colour: number,
  show: Show,
): string {
  const length = (of: number) => (of / greatest) * BAR_WIDTH;
  const middle = y + BAR_HEIGHT / 2;
  const whisker = `<line class="whisker" x1="${px(NAME_WIDTH + length(min))}" x2="${px(NAME_WIDTH + length(max))}" y1="${middle}" y2="${middle}"/>`;
  return [
    text(NAME_WIDTH - 8, y + 12, label, '', 'end'),
    `<rect class="c${colour % COLOURS}" x="${NAME_WIDTH}" y="${y}" width="${px(length(value))}" height="${BAR_HEIGHT}"/>`,
    min === max ? '' : whisker,
    text(NAME_WIDTH + length(max) + 8, y + 12, show(value)),
  ].join('');
}

const PANEL_WIDTH = 370;
const PANEL_HEIGHT = 220;
const MARGIN = { left: 52, right: 36, top: 44, bottom: 34 };

/** Panels two in a row; x is logarithmic, y begins at 0. */
export function lineChart(title: string, panels: readonly Panel[], unit: string): string {
  const drawn = panels.map((panel, index) => {
    const at = `translate(${(index % 2) * PANEL_WIDTH}, ${28 + Math.floor(index / 2) * PANEL_HEIGHT})`;
    return `<g transform="${at}">${panelOf(panel, unit)}</g>`;
  });
  const rows = Math.ceil(panels.length / 2);
  return svg(2 * PANEL_WIDTH, 34 + rows * PANEL_HEIGHT, [text(8, 18, title, 'head'), ...drawn]);
}

function panelOf({ title, lines }: Panel, unit: string): string {
  const points = lines.flatMap((line) => line.points);
  const xs = [...new Set(points.map(({ x }) => x))].toSorted((a, b) => a - b);
  const [least, greatest] = [Math.log(xs[0]!), Math.log(xs.at(-1)!)];
  const top = niceAbove(Math.max(...points.map(({ y }) => y)));
  const right = PANEL_WIDTH - MARGIN.right;
  const bottom = PANEL_HEIGHT - MARGIN.bottom;
  const x = (value: number) =>
    MARGIN.left + ((Math.log(value) - least) / (greatest - least || 1)) * (right - MARGIN.left);
  const y = (value: number) => bottom - (value / top) * (bottom - MARGIN.top);
  const ticks = [0, top / 2, top].map((value) =>
    text(MARGIN.left - 6, y(value) + 4, String(value), 'note', 'end'),
  );
  const drawn = lines.map(({ points: own, label }, index) => {
    const path = own.map((point) => `${px(x(point.x))},${px(y(point.y))}`).join(' ');
    const dots = own.map(
      (point) => `<circle class="c${index}" cx="${px(x(point.x))}" cy="${px(y(point.y))}" r="3"/>`,
    );
    const legend =
      lines.length > 1 ? text(MARGIN.left + 6, MARGIN.top + 14 * (index + 1), label, `c${index}`) : '';
    return `<polyline class="c${index}" points="${path}"/>${dots.join('')}${legend}`;
  });
  return [
    text(8, 20, title, 'head'),
    text(MARGIN.left, MARGIN.top - 6, unit, 'note'),
    `<path class="axis" fill="none" d="M${MARGIN.left} ${MARGIN.top} V${bottom} H${right}"/>`,
    ...ticks,
    ...xs.map((value) => text(x(value), bottom + 16, value.toLocaleString('en'), 'note', 'middle')),
    ...drawn,
  ].join('');
}

/** The next of 1, 2, 4, 6, 8, 10 times a power of ten. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 6, 8, 10].map((step) => step * power).find((step) => step >= value)!;
}

const px = (value: number): string => value.toFixed(1);

function text(x: number, y: number, content: string, style = '', anchor = 'start'): string {
  const escaped = content.replace(/&/g, '&amp;').replace(/</g, '&lt;');
  return `<text class="${style}" x="${px(x)}" y="${px(y)}" text-anchor="${anchor}">${escaped}</text>`;
}

function svg(width: number, height: number, parts: readonly string[]): string {
  const box = `xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  return `<svg ${box} role="img">\n${STYLE}\n${parts.join('\n')}\n</svg>\n`;
}
