import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const LIBS = fileURLToPath(new URL('../../libs/', import.meta.url));

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly publishConfig?: { readonly access?: string };
}

function manifest(library: string): Manifest {
  return JSON.parse(readFileSync(join(LIBS, library, 'package.json'), 'utf8')) as Manifest;
}

/** Who imports the test kit's entries for Jest has Jest; as a peer it would stay in images that are pruned of development. */
const RUNNER = new Set(['@jest/globals', 'expect']);

/** The packages that the published sources import. */
function imported(library: string): ReadonlySet<string> {
  const folder = join(LIBS, library, 'src');
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'),
  );
  const specifiers = sources.flatMap((path) =>
    ts.preProcessFile(readFileSync(join(folder, path), 'utf8')).importedFiles.map(({ fileName }) => fileName),
  );
  return new Set(specifiers.filter(isPackage).map(packageOf));
}

const isPackage = (specifier: string): boolean =>
  !specifier.startsWith('.') && !specifier.startsWith('node:') && !builtinModules.includes(specifier);
const packageOf = (specifier: string): string =>
  specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

// In this repository every package is found, declared or not: only who installs one from a registry misses what it does not declare.
describe('the manifest', () => {
  it.each(readdirSync(LIBS))('of libs/%s declares what its sources import', (library) => {
    const { name, dependencies, optionalDependencies, peerDependencies } = manifest(library);
    const declared = { ...dependencies, ...optionalDependencies, ...peerDependencies };
    const undeclared = [...imported(library)].filter(
      (one) => one !== name && !RUNNER.has(one) && declared[one] === undefined,
    );
    expect(undeclared).toEqual([]);
  });

  it.each(readdirSync(LIBS))('of libs/%s lets it be published to all', (library) => {
    expect(manifest(library).publishConfig).toEqual({ access: 'public' });
  });
});
