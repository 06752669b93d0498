/** The embedded log on a disk that is full, read-only, or damaged. */
import { execFile } from 'node:child_process';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { LogError } from '@hiveframe/streams';
import { embedded, type EmbeddedLog } from '@hiveframe/streams-embedded';
import { eventually } from '../../support/eventually.ts';
import { numbered } from '../../support/log-records.ts';
import { Scene } from './scene.ts';

jest.setTimeout(120_000);

const run = promisify(execFile);
const DISK_BYTES = 4 * 1024 * 1024;

/** A file system of a few MiB, which only the superuser may make. */
const mounted = async (folder: string): Promise<boolean> =>
  run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'hopeless', folder]).then(
    () => true,
    () => false,
  );
const probe = await mkdtemp(join(tmpdir(), 'disk-'));
const canMount = await mounted(probe);
if (canMount) await run('umount', [probe]);
else
  process.stderr.write('NOT RUN: tests on a full and on a read-only disk: this user may not mount a tmpfs\n');
await rm(probe, { recursive: true });

async function failureOf(action: () => Promise<unknown>): Promise<LogError> {
  const error = await action().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof LogError)) throw new Error('Expected a LogError.', { cause: error });
  return error;
}

(canMount ? describe : describe.skip)('the embedded log on a small disk', () => {
  let disk: string;
  let log: EmbeddedLog;
  let scene: Scene;

  beforeEach(async () => {
    disk = await mkdtemp(join(tmpdir(), 'disk-'));
    await mounted(disk);
    log = embedded({ checkpointDir: join(disk, 'log') });
    scene = await Scene.openOn(log);
  });
  afterEach(async () => {
    await scene.close();
    await log.close(1_000);
    await run('umount', [disk]);
    await rm(disk, { recursive: true });
  });

  it('that is full: says so, waits, and goes on by itself when there is space, with nothing lost or twice', async () => {
    const app = scene.app(
      {},
      scene.copy((text) => text.padEnd(60_000)),
    );
    await app.start();
    const filler = join(disk, 'filler');
    await writeFile(filler, Buffer.alloc(DISK_BYTES - 1_500_000));

    let written = 0;
    await eventually(
      'the task finds the disk full',
      async () => {
        await scene.write([`r${written}`]).then(
          () => written++,
          () => {}, // refused whole: it is not there
        );
        return scene.logger.with('the disk is full').length > 0;
      },
      { everyMs: 1 },
    );
    const [told] = scene.logger.with('the disk is full');
    expect(told).toMatch(
      /^warn Task 0_0 starts over: .*Cannot write to the log in .*Free some space; .* Again in/,
    );
    expect(app.state).toBe('running');

    await rm(filler);
    await scene.write(['last']);
    await eventually('the last', async () => (await texts()).includes('last'), { timeoutMs: 60_000 });
    expect(await texts()).toEqual([...numbered('r', written), 'last']);
  });

  const texts = async () => (await scene.read()).map((text) => text.trim());

  it('that can only be read: is refused at once, and says what to do', async () => {
    await scene.close();
    await log.close(1_000);
    await run('mount', ['-o', 'remount,ro', disk]);
    const refused = embedded({ checkpointDir: join(disk, 'log') });
    const error = await failureOf(() => refused.connect());
    expect(error.message).toMatch(/^Cannot open the log in .*Give this user the right to write the folder/);
    const missing = await failureOf(() => embedded({ checkpointDir: join(disk, 'other') }).connect());
    expect(missing.failure).toEqual({ kind: 'unusable' });
  });
});

describe('the embedded log in a file that is damaged', () => {
  let checkpointDir: string;
  let log: EmbeddedLog;
  let scene: Scene;

  beforeEach(async () => {
    checkpointDir = await mkdtemp(join(tmpdir(), 'log-'));
    const first = embedded({ checkpointDir });
    scene = await Scene.openOn(first);
    await scene.write(['first', 'second', 'third']);
    await first.close(1_000);
    await scene.log.close(1_000);
    log = embedded({ checkpointDir });
  });
  afterEach(async () => {
    await log.close(1_000);
    await rm(checkpointDir, { recursive: true });
  });

  async function overwrite(at: number, bytes: Buffer): Promise<void> {
    const file = await open(join(checkpointDir, 'log.sqlite'), 'r+');
    await file.write(bytes, 0, bytes.length, at);
    await file.close();
  }

  it('at its beginning is refused at once, and says what to do', async () => {
    await overwrite(0, Buffer.alloc(100, 'x'));
    const error = await failureOf(() => log.connect());
    expect(error.failure).toEqual({ kind: 'unusable' });
    expect(error.message).toMatch(
      /^Cannot open the log in .*is no log, or its beginning is damaged .*Restore the folder/,
    );
  });

  it('in its tables is refused, and says what to do', async () => {
    for (let page = 1; page < 12; page++) await overwrite(page * 8_192, Buffer.alloc(100, 0xff));
    const error = await failureOf(() => log.connect());
    expect(error.failure).toEqual({ kind: 'unusable' });
    expect(error.message).toMatch(/the file is damaged .*Restore the folder from a copy/);
  });

  it('in a record is told with its place', async () => {
    const path = join(checkpointDir, 'log.sqlite');
    const { stdout } = await run('grep', ['-abo', 'second', path]);
    await overwrite(Number(stdout.split(':')[0]), Buffer.from('S'));
    const reader = log.reader({ isolation: 'read_committed' });
    const at = { topic: scene.input, partition: 0 };
    reader.assign(at, 0);
    expect((await reader.poll({ maxWaitMs: 0 })).map(({ nextOffset }) => nextOffset)).toEqual([1]);
    const error = await failureOf(() => reader.poll({ maxWaitMs: 0 }));
    expect(error.failure).toEqual({ kind: 'damaged', at, offset: 1, nextOffset: 2 });
  });
});
