import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.ts';

describe('create-streams', () => {
  let place: string;
  let out: string;
  let err: string;
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'create-streams-'));
    out = err = '';
  });
  afterEach(() => rmSync(place, { recursive: true }));

  /** Without what takes its time. */
  const create = (folder: string, ...flags: string[]) =>
    run([join(place, folder), '--no-install', '--no-git', '--package-manager', 'npm', ...flags], {
      out: (text) => (out += text),
      err: (text) => (err += text),
      interactive: false,
    });
  const read = (path: string): string => readFileSync(join(place, path), 'utf8');
  const filesOf = (folder: string): string[] =>
    readdirSync(join(place, folder), { recursive: true, encoding: 'utf8' }).filter((path) =>
      statSync(join(place, folder, path)).isFile(),
    );
  const manifest = (folder: string) =>
    JSON.parse(read(`${folder}/package.json`)) as Record<string, Record<string, string>>;

  it('makes a service that is named after its folder, and says how to go on', async () => {
    expect(await create('my-service')).toBe(0);
    expect(filesOf('my-service')).toEqual(
      expect.arrayContaining([
        '.gitignore',
        'package.json',
        'tsconfig.json',
        'src/main.ts',
        'src/create-app.ts',
      ]),
    );
    expect(manifest('my-service')['name']).toBe('my-service');
    expect(read('my-service/src/streams-options.ts')).toContain("'my-service'");
    expect(out).toMatch(/npm install\n.*npm run start:dev/);
    expect(readdirSync(place)).toEqual(['my-service']); // nothing beside it
  });

  it('leaves no word of the template behind', async () => {
    await create('my-service', '--archive', 'parquet');
    for (const path of filesOf('my-service')) {
      expect(read(`my-service/${path}`)).not.toMatch(/streams-starter|>>>|<<</);
    }
  });

  it('takes PostgreSQL and Express when nothing is said', async () => {
    await create('plain');
    expect(read('plain/docker-compose.yml')).toContain('image: postgres:17');
    expect(read('plain/README.md')).toContain('psql');
    expect(Object.keys(manifest('plain')['dependencies']!)).toEqual(
      expect.arrayContaining(['@hiveframe/streams-postgres', '@nestjs/platform-express']),
    );
    expect(manifest('plain')['dependencies']).not.toHaveProperty('@nestjs/platform-fastify');
  });

  it('opens ports of containers to this machine only', async () => {
    await create('plain');
    const ports = [...read('plain/docker-compose.yml').matchAll(/^ *ports: \['(.*?)'\]$/gm)];
    expect(ports.length).toBe(4);
    for (const [, port] of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it('has nothing of PostgreSQL where results go to the console', async () => {
    await create('plain', '--sink', 'console', '--http', 'fastify');
    for (const path of filesOf('plain'))
      expect(read(`plain/${path}`)).not.toMatch(/postgres|DATABASE_URL|express/i);
    expect(read('plain/src/create-app.ts')).toContain('FastifyAdapter');
  });

  it('keeps each order in Parquet files where that is asked for, and has nothing of them elsewhere', async () => {
    await create('with', '--archive', 'parquet');
    expect(read('with/src/orders/orders.module.ts')).toContain('OrderArchiveTopology');
    expect(manifest('with')['dependencies']).toHaveProperty('@hiveframe/streams-parquet');
    await create('without');
    for (const path of filesOf('without'))
      expect(read(`without/${path}`)).not.toMatch(/archive|parquet|>>>|<<</i);
  });

  it('speaks of pnpm to those who use it', async () => {
    await create('plain', '--package-manager', 'pnpm');
    expect(read('plain/README.md')).toContain('pnpm start:dev');
    expect(read('plain/README.md')).not.toMatch(/\bnpm |npx/);
    expect(read('plain/Dockerfile')).toContain('pnpm install --frozen-lockfile');
    expect(read('plain/Dockerfile')).not.toMatch(/npm ci/);
  });

  it('fills a folder that is empty, or has a fresh repository', async () => {
    mkdirSync(join(place, 'empty/.git'), { recursive: true });
    expect(await create('empty')).toBe(0);
    expect(existsSync(join(place, 'empty/package.json'))).toBe(true);
  });

  it('changes nothing in a folder that is not empty, and says what is there', async () => {
    mkdirSync(join(place, 'full'));
    writeFileSync(join(place, 'full/notes.txt'), 'mine');
    expect(await create('full')).toBe(1);
    expect(err).toBe(
      `error: Cannot create a service in ${place}/full: there is notes.txt. Give a folder that is empty, or that is not there yet.\n`,
    );
    expect(readdirSync(join(place, 'full'))).toEqual(['notes.txt']);
  });

  it('refuses a name that neither npm nor Kafka would take', async () => {
    expect(await create('My Service')).toBe(1);
    expect(err).toMatch(/^error: Cannot name a service "My Service": a name has lower-case letters/);
    expect(readdirSync(place)).toEqual([]);
  });

  it('leaves nothing behind when it cannot write', async () => {
    writeFileSync(join(place, 'file'), '');
    expect(await create('file/my-service')).toBe(1);
    expect(err).toMatch(/^error: Cannot write .*file\/my-service: /);
    expect(readdirSync(place)).toEqual(['file']);
  });

  it('takes packages from packed files, which then belong to the service', async () => {
    const packed = join(place, 'packed');
    mkdirSync(packed);
    for (const name of [
      'hiveframe-streams-0.1.0.tgz',
      'hiveframe-streams-kafkajs-0.1.0.tgz',
      'other-1.0.0.tgz',
    ]) {
      writeFileSync(join(packed, name), 'packed');
    }
    expect(await create('plain', '--packages', packed)).toBe(0);
    expect(readdirSync(join(place, 'plain/vendor'))).toEqual([
      'hiveframe-streams-0.1.0.tgz',
      'hiveframe-streams-kafkajs-0.1.0.tgz',
    ]);
    expect(manifest('plain')['dependencies']).toMatchObject({
      '@hiveframe/streams': 'file:vendor/hiveframe-streams-0.1.0.tgz',
      '@hiveframe/streams-redis': '0.1.0',
    });
    expect(read('plain/Dockerfile')).toContain('COPY vendor vendor');
  });

  it('says how to pack where there are no packed files', async () => {
    expect(await create('plain', '--packages', place)).toBe(1);
    expect(err).toMatch(/it has no file like hiveframe-streams-0\.1\.0\.tgz\. Pack them with: npm pack/);
    expect(existsSync(join(place, 'plain'))).toBe(false);
  });

  it('asks nobody where nobody answers: a folder must be said', async () => {
    const code = await run([], { out: () => {}, err: (text) => (err += text), interactive: false });
    expect([code, err]).toEqual([1, expect.stringMatching(/the folder is not said/)]);
  });

  it('names the choices when another is asked for', async () => {
    expect(await create('plain', '--sink', 'oracle')).toBe(1);
    expect(err).toMatch(/Allowed choices are postgres, console/);
  });

  it('asks for the versions that this repository is tested with', async () => {
    await create('plain');
    const root = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
      dependencies: Record<string, string>;
      devDependencies: Record<string, string>;
    };
    const tested: Record<string, string> = { ...root.devDependencies, ...root.dependencies };
    const asked = { ...manifest('plain')['dependencies'], ...manifest('plain')['devDependencies'] };
    for (const [name, version] of Object.entries(asked)) {
      if (tested[name] !== undefined) expect([name, version]).toEqual([name, tested[name]]);
    }
  });
});
