/** Micro-benchmarks: what the pieces of a record's way cost, as ratios to JSON.parse of the same readings in the same run.
 *  npm run bench:micro               prints them (ROUNDS=5; ONLY=part of a name; REDIS_URL= adds the flush)
 *  npm run bench:micro -- --save     keeps them as the baseline
 *  npm run bench:compare             fails where a piece is beyond twice its baseline: the bounds are wide, machines differ */
import { readFileSync, writeFileSync } from 'node:fs';
import { pieces as jsonPieces, reference } from './json.bench.ts';
import { pieces as recordBatchPieces } from './record-batch.bench.ts';
import { openRedis } from './redis.bench.ts';
import { schemaPieces } from './schemas.bench.ts';
import { measure, type Ratio } from './suite.ts';
import { pieces as taskPieces } from './task.bench.ts';

const BASELINE = new URL('./baseline.json', import.meta.url);
const MAX_SLOWER = 2;

type Baseline = Readonly<Record<string, number>>;

const redisUrl = process.env['REDIS_URL'];
const opened = redisUrl === undefined ? null : await openRedis(redisUrl);
const all = [
  ...recordBatchPieces,
  ...jsonPieces,
  ...(await schemaPieces()),
  ...taskPieces,
  ...(opened?.pieces ?? []),
];
const pieces = all.filter(({ name }) => name.includes(process.env['ONLY'] ?? ''));
const ratios = await measure(reference, pieces, Number(process.env['ROUNDS'] ?? 5));
await opened?.close();

const mode = process.argv[2];
if (mode === '--save') save(ratios);
const baseline: Baseline = JSON.parse(readFileSync(BASELINE, 'utf8')) as Baseline;
print(ratios, baseline);
if (mode === '--compare') compare(ratios, baseline);

/** What was not measured this time (no Redis) keeps its ratio. */
function save(measured: readonly Ratio[]): void {
  const before = JSON.parse(readFileSync(BASELINE, 'utf8')) as Baseline;
  const after = Object.fromEntries(measured.map(({ name, median }) => [name, median]));
  writeFileSync(BASELINE, `${JSON.stringify({ ...before, ...after }, null, 2)}\n`);
}

function print(measured: readonly Ratio[], expected: Baseline): void {
  const line = (cells: readonly (string | number)[]) =>
    `${String(cells[0]).padEnd(38)}${cells
      .slice(1)
      .map((cell) => String(cell).padStart(10))
      .join('')}\n`;
  process.stdout.write(line(['to JSON.parse', 'min', 'median', 'max', 'baseline', 'ns/record']));
  for (const { name, min, median, max, nsPerRecord } of measured) {
    process.stdout.write(line([name, min, median, max, expected[name] ?? '-', nsPerRecord]));
  }
}

function compare(measured: readonly Ratio[], expected: Baseline): void {
  const slower = measured.filter(({ name, min }) => min > MAX_SLOWER * (expected[name] ?? Infinity));
  for (const { name, min } of slower) {
    process.stderr.write(
      `${name} takes ${min} times JSON.parse at best, its baseline is ${expected[name]}: find out why, or run bench:micro -- --save\n`,
    );
  }
  const unknown = measured.filter(({ name }) => !(name in expected));
  for (const { name } of unknown)
    process.stderr.write(`${name} has no baseline: run bench:micro -- --save\n`);
  if (slower.length + unknown.length > 0) process.exitCode = 1;
}
