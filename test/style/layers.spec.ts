import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  copyFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ENGINE = 'libs/streams/src';

/** What the project's linter says about a project of one file. */
describe('layers', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'layers-'));
    copyFileSync(join(ROOT, 'oxlint.config.ts'), join(folder, 'oxlint.config.ts'));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function lint(file: string, statement: string): string {
    const path = join(folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${statement}\n`);
    const oxlint = join(ROOT, 'node_modules/.bin/oxlint');
    const { status, stdout, stderr } = spawnSync(process.execPath, [oxlint, file], {
      cwd: folder,
      encoding: 'utf8',
    });
    rmSync(path);
    expect([0, 1]).toContain(status);
    expect(stdout + stderr).toContain('on 1 file');
    return stdout;
  }

  it.each([
    ['a stage that calls an earlier one', `${ENGINE}/sink/x.ts`, '../source/record-queue.ts'],
    ['state that calls a processor', `${ENGINE}/state/x.ts`, '../processor/operator.ts'],
    ['a nested file of a stage', `${ENGINE}/processor/operators/x.ts`, '../../watermark/task-watermark.ts'],
    ['a stage that knows its task', `${ENGINE}/source/x.ts`, '../task/stream-task.ts'],
    ['a task that knows the runtime', `${ENGINE}/task/x.ts`, '../runtime/stream-worker.ts'],
    ['a port with an implementation', `${ENGINE}/ports/x.ts`, '../state/state-store.ts'],
    ['the engine on NestJS', `${ENGINE}/runtime/x.ts`, '@nestjs/common'],
    ['the engine on kafkajs', `${ENGINE}/source/x.ts`, 'kafkajs'],
    ['the engine on ioredis', `${ENGINE}/state/x.ts`, 'ioredis'],
    ['the engine on OpenTelemetry', `${ENGINE}/ports/x.ts`, '@opentelemetry/api'],
    ['an adapter on another', 'libs/streams-kafkajs/src/x.ts', '@hiveframe/streams-redis'],
    ['an adapter inside the engine', 'libs/streams-redis/src/x.ts', '../../streams/src/state/state-store.ts'],
    ['an adapter on NestJS', 'libs/streams-embedded/src/x.ts', '@nestjs/common'],
  ])('refuse %s', (_, file, target) => {
    const report = lint(file, `import { x } from '${target}';\nexport const y = x;`);
    expect(report).toContain(`'${target}' import is restricted`);
    expect(report).toContain('see oxlint.config.ts');
  });

  it.each([
    ['a stage on a later one', `${ENGINE}/processor/operators/x.ts`, '../../state/state-store.ts'],
    ['the task on a stage', `${ENGINE}/task/x.ts`, '../source/record-queue.ts'],
    ['a stage on its own folder', `${ENGINE}/state/in-memory/x.ts`, '../segment-writes.ts'],
    ['NestJS on the connectors', 'libs/streams-nestjs/src/x.ts', '@hiveframe/streams-connect'],
    ['an adapter on the engine', 'libs/streams-kafkajs/src/group/x.ts', '@hiveframe/streams'],
  ])('allow %s', (_, file, target) => {
    expect(lint(file, `import { x } from '${target}';\nexport const y = x;`)).not.toContain('restricted');
  });

  it('let a stage know what an earlier one gives by its type, never by its value', () => {
    const file = `${ENGINE}/transaction/x.ts`;
    const target = '../state/state-store.ts';
    expect(lint(file, `import type { X } from '${target}';\nexport type Y = X;`)).not.toContain('restricted');
    expect(lint(file, `import { X } from '${target}';\nexport const y = X;`)).toContain('restricted');
  });

  const engineFolders = readdirSync(join(ROOT, ENGINE), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  it.each(engineFolders.map(({ name }) => name))('keep clients out of the engine: %s/', (name) => {
    expect(lint(`${ENGINE}/${name}/x.ts`, `import { x } from 'kafkajs';\nexport const y = x;`)).toContain(
      'restricted',
    );
  });

  it('refuse to write to the console from a library', () => {
    expect(lint('libs/streams/src/sink/x.ts', `console.log('hello');`)).toContain('no-console');
  });
});
