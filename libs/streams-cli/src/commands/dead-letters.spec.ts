/** On an embedded log in a folder, as the commands find it: each opens it and closes it again. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embedded } from '@hiveframe/streams-embedded';
import { TopologyTestDriver } from '@hiveframe/streams-testing';
import {
  json,
  StreamsBuilder,
  string,
  topic,
  type RenderedDeadLetter,
  type ReplayReport,
} from '@hiveframe/streams';
import { run } from '../run.ts';

interface Job {
  readonly size: number;
}
const jobs = topic('jobs', { key: string(), value: json<Job>() });
const done = topic('done', { key: string(), value: json<number>() });

let checkpointDir: string;
beforeEach(() => {
  checkpointDir = mkdtempSync(join(tmpdir(), 'hiveframe-dead-letters-'));
});
afterEach(() => rmSync(checkpointDir, { recursive: true }));

async function deadLetters(command: string, ...args: readonly string[]) {
  let out = '';
  let err = '';
  const connection = ['--application-id', 'test', '--checkpoint-dir', checkpointDir];
  const terminal = { out: (text: string) => void (out += text), err: (text: string) => void (err += text) };
  const code = await run(['dead-letters', command, ...args, ...connection], terminal);
  return { code, out, err };
}

/** Those with a size below zero become dead letters. Gives what came out. */
async function process(sizes: readonly number[], isMended = false): Promise<readonly number[]> {
  const builder = new StreamsBuilder();
  builder
    .stream(jobs)
    .mapValues(({ size }) => {
      if (size < 0 && !isMended) throw new RangeError(`size \u001b[2J${size}`);
      return size;
    })
    .to(done);
  await using driver = new TopologyTestDriver(builder.build(), { log: embedded({ checkpointDir }) });
  for (const size of sizes) await driver.input(jobs).pipe({ size }, { key: 'k', timestampMs: 1_000 });
  await driver.settle();
  return (await driver.output(done).readValues()) as number[];
}

describe('hiveframe dead-letters', () => {
  it('lists them, a line each, in pages', async () => {
    await process([-1, 2, -3]);
    const { code, out } = await deadLetters('list', '--limit', '1');
    expect(code).toBe(0);
    expect(out).toMatch(
      /^0:0 {2}\S+Z {2}processing ProcessingError: Cannot .*: size \\u001b\[2J-1 {2}from jobs-0@0\n/,
    );
    expect(out).toMatch(/\nMore: --cursor 0:1\n$/);
    const next = await deadLetters('list', '--cursor', '0:1', '--reason', 'ProcessingError', '--json');
    expect(JSON.parse(next.out)).toMatchObject({
      items: [{ offset: 1, key: { text: 'k' }, value: { json: { size: -3 } }, source: { offset: 2 } }],
      cursor: null,
    });
    expect((await deadLetters('list', '--topic', 'elsewhere')).out).toBe(
      'No dead letters in test-dead-letters.\n',
    );
  });

  it('shows one whole, and says by its exit code that one is not there', async () => {
    await process([-1]);
    const { code, out } = await deadLetters('show', '0:0');
    expect(code).toBe(0);
    expect(out).toContain('dead letter  test-dead-letters-0@0\n');
    expect(out).toContain('value        {"size":-1}\n');
    expect(out).toContain('timestamp    1970-01-01T00:00:01.000Z\n');
    expect(out).not.toContain('\u001b');
    const shown = JSON.parse((await deadLetters('show', '0:0', '--json')).out) as RenderedDeadLetter;
    expect(shown).toMatchObject({ reason: { exception: 'ProcessingError', taskId: '0_0' }, replays: 0 });
    const none = await deadLetters('show', '0:9');
    expect([none.code, none.err]).toEqual([1, 'There is no dead letter 0:9 in test-dead-letters.\n']);
  });

  it('replays them edited, once, and tells who did', async () => {
    await process([-1, -2]);
    const edit = join(checkpointDir, 'edit.json');
    writeFileSync(edit, '{"value":{"merge":{"size":7}}}');
    const args = ['0:0', '--by', 'ada', '--edit', `@${edit}`];
    const dry = await deadLetters('replay', ...args, '--dry-run');
    expect(dry).toEqual({
      code: 0,
      out: '0:0  to jobs-0\nWould replay 1 (nothing was written).\n',
      err: '',
    });
    const first = await deadLetters('replay', ...args);
    expect(first.out).toMatch(/^0:0 {2}to jobs-0@2\nReplayed 1\. Replay [\w-]{36}\.\n$/);
    const second = await deadLetters('replay', '--all', '--by', 'bob', '--json');
    const report = JSON.parse(second.out) as ReplayReport;
    expect(second.code).toBe(0);
    expect(report).toMatchObject({ replayed: 1, refused: { alreadyReplayed: 1 } });
    const audit = await deadLetters('audit');
    expect(audit.out.split('\n')).toEqual([
      expect.stringMatching(/Z {2}ada {2}test-dead-letters-0@0 to jobs-0@2 {2}\(edited value\) {2}\S+$/),
      expect.stringMatching(/Z {2}bob {2}test-dead-letters-0@1 to jobs-0@3 {2}\S+$/),
      '',
    ]);
    const ofBob = await deadLetters('audit', '--letter', '0:1', '--json');
    expect(JSON.parse(ofBob.out)).toMatchObject({ items: [{ by: 'bob', replayId: report.replayId }] });
    expect(await process([], true)).toEqual([7, -2]);
  });

  it('refuses what was replayed too often, with exit code 1, unless it is forced', async () => {
    await process([-1]);
    await deadLetters('replay', '--all', '--by', 'ada');
    await process([]);
    const args = ['--all', '--by', 'ada', '--max-replays', '1'];
    const refused = await deadLetters('replay', ...args);
    expect(refused.code).toBe(1);
    expect(refused.out).toContain('0:1  tooManyReplays: its record was replayed 1 times');
    expect(refused.out).toContain('Replayed 0. Refused: 1 alreadyReplayed, 1 tooManyReplays.');
    const forced = await deadLetters('replay', ...args, '--force');
    expect([forced.code, forced.out]).toEqual([0, expect.stringContaining('(replay 2 of it)')]);
    expect((await deadLetters('audit', '--letter', '0:1')).out).toContain('(replay 2 of it; forced)');
  });

  it.each([
    [['replay', '--all'], "required option '--by <name>' not specified"],
    [['replay', '--by', 'ada'], 'Cannot select dead letters: nothing is said'],
    [['replay', '0:1', '--reason', 'x', '--by', 'ada'], 'letters goes with nothing else'],
    [['replay', '17', '--by', 'ada'], 'It is partition:offset, such as 0:17.'],
    [['replay', '--all', '--by', 'ada', '--edit', '{'], 'Cannot edit a dead letter: it is no JSON'],
    [['replay', '--all', '--by', 'ada', '--edit', '@none'], 'no such file'],
    [['list', '--since', 'yesterday'], 'It is a time such as'],
    [['list', '--partition', 'x'], 'It is a whole number.'],
    [['list', '--limit', '0'], 'limit must be from 1 to 1000'],
  ] as const)('says what is wrong, with exit code 2: %j', async ([command, ...args], message) => {
    const { code, err } = await deadLetters(command, ...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});
