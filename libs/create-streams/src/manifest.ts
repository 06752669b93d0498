/** package.json of a new service. */
import { layersOf, type Choices } from './choices.ts';

type Dependencies = Record<string, string>;
interface Manifest {
  dependencies: Dependencies;
  devDependencies: Dependencies;
}

/** Packages that the service brings itself, packed: their names, and the files in its folder `vendor`. */
export type Vendor = ReadonlyMap<string, string>;

/** What only one choice needs. */
const NEEDED_BY = new Map([
  ['@nestjs/platform-express', 'express'],
  ['@nestjs/platform-fastify', 'fastify'],
  ['@hiveframe/streams-parquet', 'parquet'],
  ['@hiveframe/streams-postgres', 'postgres'],
]);

export function manifest(template: string, choices: Choices, vendor: Vendor): string {
  const made = JSON.parse(template) as Manifest;
  const chosen = new Set<string | undefined>([undefined, ...layersOf(choices)]);
  const needed = (name: string): boolean => chosen.has(NEEDED_BY.get(name));
  const choose = (dependencies: Dependencies): Dependencies =>
    Object.fromEntries(
      Object.entries(dependencies)
        .filter(([name]) => needed(name))
        .map(([name, version]) => [name, vendor.has(name) ? `file:vendor/${vendor.get(name)}` : version]),
    );
  made.dependencies = choose(made.dependencies);
  made.devDependencies = choose(made.devDependencies);
  return `${JSON.stringify(made, null, 2)}\n`;
}
