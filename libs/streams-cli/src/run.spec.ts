import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embedded } from '@hiveframe/streams-embedded';
import { TopologyTestDriver } from '@hiveframe/streams-testing';
import { json, StreamsBuilder, string, topic } from '@hiveframe/streams';
import { run } from './run.ts';

const words = topic('words', { key: string(), value: json<number>() });

/** A module of a user: plain JavaScript, so that it runs wherever the tests do. */
const moduleOf = (name: string) => `
import { json, StreamsBuilder, string, topic } from '@hiveframe/streams';
export function topology() {
  const builder = new StreamsBuilder();
  builder.stream(topic('words', { key: string(), value: json() })).groupByKey({ name: '${name}' }).count();
  return builder.build();
}
export const nothing = 1;
`;

let folder: string;
beforeEach(() => {
  // inside the package, so that what the module imports is found
  folder = mkdtempSync(join(import.meta.dirname, '.run-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
async function hiveframe(...args: readonly string[]) {
  let out = '';
  let err = '';
  const code = await run(args, { out: (text) => void (out += text), err: (text) => void (err += text) });
  return { code, out, err };
}

describe('hiveframe', () => {
  it.each([
    [['--help'], 'topology'],
    [['topology', '--help'], 'diff'],
    [['topology', 'describe', '--help'], '--format'],
    [['topology', 'diff', '--help'], '--accept'],
    [['reset', '--help'], '--dry-run'],
    [['dead-letters', '--help'], 'audit'],
    [['dead-letters', 'replay', '--help'], '--by <name>'],
  ])('explains itself: %j', async (args, mentioned) => {
    const { code, out } = await hiveframe(...args);
    expect(code).toBe(0);
    expect(out).toContain(mentioned);
  });

  it.each([
    [['rest'], "unknown command 'rest'"],
    [['reset', '--to', 'yesterday'], 'It is earliest, latest, or a time such as 2026-01-30T10:00:00Z.'],
    [['reset'], 'Cannot reset: which application is not said. Give --application-id.'],
    [['reset', '--application-id', 'a'], 'where its log is is not said'],
    [['topology', 'describe', 'no-such-file.js'], 'Cannot load no-such-file.js:'],
  ])('says what is wrong, with exit code 2: %j', async (args, message) => {
    const { code, err } = await hiveframe(...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});

describe('hiveframe topology', () => {
  it('describes the topology of a module, in each format', async () => {
    const path = write('app.mjs', moduleOf('counts'));
    expect((await hiveframe('topology', 'describe', path)).out).toContain(
      'Processor: counts (stores: [counts])',
    );
    const described = await hiveframe('topology', 'describe', '--format', 'json', path);
    expect(JSON.parse(described.out)).toMatchObject({ format: 1, stores: [{ name: 'counts' }] });
    expect((await hiveframe('topology', 'describe', '--format', 'mermaid', path)).out).toMatch(
      /^flowchart LR\n/,
    );
  });

  it('names the exports that a module has, and what they are not', async () => {
    const path = write('app.mjs', moduleOf('counts'));
    const unknown = await hiveframe('topology', 'describe', '--export', 'topologie', path);
    expect([unknown.code, unknown.err]).toEqual([
      2,
      expect.stringContaining('it exports nothing, topology, and no topologie'),
    ]);
    const other = await hiveframe('topology', 'describe', '--export', 'nothing', path);
    expect(other.err).toContain('Cannot take nothing of');
  });

  it('ends with 1 when a change is unsafe, and with 0 when it is not, or is accepted', async () => {
    const { out: before } = await hiveframe(
      'topology',
      'describe',
      '--format',
      'json',
      write('a.mjs', moduleOf('n')),
    );
    const former = write('before.json', before);
    const same = await hiveframe('topology', 'diff', former, write('b.mjs', moduleOf('n')));
    expect(same).toEqual({ code: 0, out: 'No change that concerns state or input.\n', err: '' });
    const renamed = write('c.mjs', moduleOf('m'));
    const unsafe = await hiveframe('topology', 'diff', former, renamed);
    expect(unsafe.code).toBe(1);
    expect(unsafe.out).toContain('unsafe: n is gone, and m keeps the same in a store of its own');
    expect((await hiveframe('topology', 'diff', former, renamed, '--accept', 'n')).code).toBe(0);
    const asJson = await hiveframe('topology', 'diff', '--json', former, renamed);
    expect(JSON.parse(asJson.out)).toMatchObject([{ safety: 'unsafe', name: 'n' }]);
  });

  it('refuses to compare with what is no description, or one of a later version', async () => {
    const path = write('a.mjs', moduleOf('n'));
    const other = await hiveframe('topology', 'diff', write('other.json', '{}'), path);
    expect([other.code, other.err]).toEqual([
      2,
      expect.stringContaining('it is no description of a topology'),
    ]);
    const later = write('later.json', '{"format":2,"stores":[]}');
    expect((await hiveframe('topology', 'diff', later, path)).err).toContain(
      'it has format 2, of a later version',
    );
  });
});

async function countOneWord(checkpointDir: string): Promise<void> {
  const builder = new StreamsBuilder();
  builder.stream(words).groupByKey({ name: 'n' }).count();
  await using driver = new TopologyTestDriver(builder.build(), { log: embedded({ checkpointDir }) });
  await driver.input(words).pipe(1, { key: 'a' });
}

describe('hiveframe reset', () => {
  it('resets an application on an embedded log, and tells what it did', async () => {
    const checkpointDir = mkdtempSync(join(tmpdir(), 'hiveframe-reset-'));
    await countOneWord(checkpointDir);
    const args = ['reset', '--application-id', 'test', '--checkpoint-dir', checkpointDir];
    const dry = await hiveframe(...args, '--dry-run');
    expect(dry.out).toBe(
      'Would reset test (nothing was changed):\n  topic   test-n-changelog\n  topic   test-topology\n  offset  words-0 to 0\n',
    );
    const done = await hiveframe(...args, '--to', 'latest');
    expect(done.out).toContain('Reset test:');
    expect(done.out).toContain('offset  words-0 to 1');
    const again = await hiveframe(...args);
    expect([again.code, again.err]).toEqual([2, expect.stringContaining('no topology of it is stored')]);
    rmSync(checkpointDir, { recursive: true });
  });

  it('takes what flags do not say from a module', async () => {
    const config = write(
      'config.mjs',
      `import { embedded } from '@hiveframe/streams-embedded';
export default () => ({ applicationId: 'none', log: embedded() });`,
    );
    const { code, err } = await hiveframe('reset', '--config', config);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('Cannot reset none: no topology of it is stored'),
    ]);
  });
});
