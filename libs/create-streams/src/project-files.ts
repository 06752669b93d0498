/** The files of a new service: the template, and over it what belongs to each choice.
 *  A name that begins with "_" is written without: tools of this repository (and npm, which packs no .gitignore) would take the file
 *  for their own. What stands between lines with ">>> choice" and "<<< choice" is for that choice only. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { layersOf, type Choices } from './choices.ts';
import { manifest, type Vendor } from './manifest.ts';

const PACKAGE = fileURLToPath(new URL('../', import.meta.url));
/** How the template calls itself, wherever its name stands. */
const TEMPLATE_NAME = 'streams-starter';
const SECTION = /^.*>>> (\w+)\b.*\n([^]*?)^.*<<< \1\b.*\n/gm;
const FOR_PNPM: readonly (readonly [RegExp, string])[] = [
  [/\bnpm run /g, 'pnpm '],
  [/\bnpm (test|start)\b/g, 'pnpm $1'],
  [/\bnpx /g, 'pnpm exec '],
];

/** By their path in the project. */
export type ProjectFiles = ReadonlyMap<string, string>;

/** Reads everything, writes nothing. */
export function projectFiles(choices: Choices, vendor: Vendor): ProjectFiles {
  const files = new Map<string, string>();
  for (const layer of layers(choices)) {
    for (const [path, text] of layerFiles(layer)) files.set(path, adapt(path, text, choices, vendor));
  }
  files.set('package.json', manifest(files.get('package.json')!, choices, vendor));
  return files;
}

/** A choice without files of its own has no folder. */
function layers(choices: Choices): string[] {
  const variants = layersOf(choices).map((choice) => join(PACKAGE, 'variants', choice));
  return [join(PACKAGE, 'template'), ...variants.filter((folder) => existsSync(folder))];
}

function layerFiles(folder: string): [path: string, text: string][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [projectPath(path.slice(folder.length + 1)), readFileSync(path, 'utf8')];
    });
}

function projectPath(path: string): string {
  return join(dirname(path), basename(path).replace(/^_/, ''));
}

function adapt(path: string, text: string, choices: Choices, vendor: Vendor): string {
  const { name, packageManager } = choices;
  const chosen: readonly string[] = [...layersOf(choices), ...(vendor.size > 0 ? ['vendor'] : [])];
  const kept = text
    .replace(SECTION, (_, choice: string, body: string) => (chosen.includes(choice) ? body : ''))
    .replace(/\n{3,}/g, '\n\n')
    .replaceAll(TEMPLATE_NAME, name);
  if (packageManager === 'npm' || !path.endsWith('.md')) return kept;
  return FOR_PNPM.reduce((words, [npm, pnpm]) => words.replace(npm, pnpm), kept);
}
