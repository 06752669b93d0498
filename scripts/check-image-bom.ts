/** Reads the bill of materials of the image on stdin, and fails unless it lists what the service is made of and nothing that only
 *  its developers need. */
import { readFileSync } from 'node:fs';
import { json } from 'node:stream/consumers';
import type { Bom } from './image-bom.ts';

const ROOT = new URL('../', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as Record<
  'dependencies' | 'devDependencies',
  Readonly<Record<string, string>>
>;
/** Fastify is made with it. */
const OF_BOTH = ['pino'];
/** What the packages of the service need, and what lies below them. */
const BELOW = ['npm/kafkajs', 'npm/ioredis', 'npm/fastify', 'generic/node', 'deb/debian/libc6'];

const bom = (await json(process.stdin)) as Bom;
const listed = new Set(
  bom.components.map(({ purl }) => decodeURIComponent(purl).replace(/^pkg:(.*)@.*$/, '$1')),
);
const needed = [...Object.keys(manifest.dependencies).map((name) => `npm/${name}`), ...BELOW];
const strange = Object.keys(manifest.devDependencies)
  .filter((name) => !OF_BOTH.includes(name))
  .map((name) => `npm/${name}`);

const faults = [
  ...needed.filter((name) => !listed.has(name)).map((name) => `does not list ${name}`),
  ...strange.filter((name) => listed.has(name)).map((name) => `lists ${name}, a dependency of development`),
];
for (const fault of faults) process.stderr.write(`The bill of materials ${fault}.\n`);
process.stdout.write(`${listed.size} components of ${bom.metadata.component.name}\n`);
process.exit(faults.length === 0 ? 0 : 1);
