// Sums what the suites and checks of .ci/run really did; the last line is `N passed, N failed`.
// A suite without a report, or that ran no test, is a failure; what was skipped is told and never counted as passed.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const folder = process.argv[2];
const lines = (name) => readFileSync(join(folder, name), 'utf8').trim().split('\n').filter(Boolean);

function suiteCounts(name) {
  const path = join(folder, `${name}.json`);
  if (!existsSync(path)) return { passed: 0, failed: 1, skipped: 0, note: 'left no report' };
  const report = JSON.parse(readFileSync(path, 'utf8'));
  const counts = {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
    skipped: report.numPendingTests + report.numTodoTests,
  };
  return counts.passed + counts.failed > 0 ? counts : { ...counts, failed: 1, note: 'ran no test' };
}

// What failed, by name and with the start of its reason: logs are long, and are shown from their ends.
function failuresOf(name) {
  const path = join(folder, `${name}.json`);
  if (!existsSync(path)) return [];
  return JSON.parse(readFileSync(path, 'utf8')).testResults.flatMap((file) =>
    file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed')
      ? [`${name}: ${file.name}\n${startOf(file.message)}`]
      : file.assertionResults
          .filter((test) => test.status === 'failed')
          .map(
            (test) => `${name}: ${file.name}: ${test.fullName}\n${startOf(test.failureMessages.join('\n'))}`,
          ),
  );
}

function startOf(message) {
  const lines = stripVTControlCharacters(message).split('\n').slice(0, 25);
  return lines.map((line) => `      | ${line.slice(0, 300)}`).join('\n');
}

for (const line of lines('checks'))
  if (line.startsWith('failed ')) say(`FAIL  ${line.slice('failed '.length)}`);
for (const name of lines('suites')) for (const failure of failuresOf(name)) say(`FAIL  ${failure}`);

const checks = lines('checks').map((line) => line.split(' ')[0]);
const all = [
  ['checks', { passed: count(checks, 'passed'), failed: count(checks, 'failed'), skipped: 0 }],
  ...lines('suites').map((name) => [name, suiteCounts(name)]),
];
for (const [name, { passed, failed, skipped, note }] of all) {
  say(`${name.padEnd(12)} ${passed} passed, ${failed} failed, ${skipped} skipped${note ? ` (${note})` : ''}`);
}
const sum = (field) => all.reduce((total, [, counts]) => total + counts[field], 0);
say(`${sum('passed')} passed, ${sum('failed')} failed`);
process.exitCode = sum('failed') === 0 ? 0 : 1;

function say(line) {
  process.stdout.write(`${line}\n`);
}

function count(values, value) {
  return values.filter((candidate) => candidate === value).length;
}
