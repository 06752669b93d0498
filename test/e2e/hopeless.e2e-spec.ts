/** An application that can never run ends with code 1, and the last line it writes says why: once, without a stack trace. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RedisServer, redisServerBinary } from '../support/redis-server.ts';
import { AppProcess } from './app-process.ts';

const binary = redisServerBinary();

async function expectEnd(env: Readonly<Record<string, string>>, why: RegExp): Promise<void> {
  await using app = await AppProcess.start({ CONSOLE: 'false', ...env });
  expect(await app.exited).toEqual({ code: 1, signal: null });
  const lines = app.stderr.trim().split('\n');
  expect(lines.at(-1)).toMatch(why);
  expect(lines.filter((line) => why.test(line))).toHaveLength(1);
  expect(app.stderr).not.toMatch(/\n\s+at /);
}

describe('the application', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hopeless-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('ends where the file of its log is damaged', async () => {
    await writeFile(join(folder, 'log.sqlite'), 'x'.repeat(10_000));
    await expectEnd({ CHECKPOINT_DIR: folder }, /cannot go on: Cannot open the log in .*is no log/);
  }, 60_000);

  it('ends where its folder cannot be made', async () => {
    await mkdir(join(folder, 'a'));
    await writeFile(join(folder, 'a', 'file'), '');
    await expectEnd({ CHECKPOINT_DIR: join(folder, 'a', 'file') }, /cannot go on: Cannot open the log in/);
  }, 60_000);

  (binary === undefined ? it.skip : it).each([
    ['may evict state', ['--maxmemory-policy', 'allkeys-lru'], /cannot go on: .*may evict keys/],
    ['wants a password', ['--requirepass', 'secret'], /cannot go on: .*NOAUTH.*check user and password/],
  ] as const)(
    'ends where Redis %s',
    async (_, args, why) => {
      const server = await RedisServer.start(binary!, args);
      try {
        await expectEnd({ CHECKPOINT_DIR: folder, REDIS_URL: server.url }, why);
      } finally {
        await server.stop();
      }
    },
    60_000,
  );
});
