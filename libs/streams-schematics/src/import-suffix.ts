/** How files of the project import each other. */
import type { Path } from '@angular-devkit/core';
import type { Tree } from '@angular-devkit/schematics';
import { isEsmProject, ModuleFinder } from '@nestjs/schematics';

export type ImportSuffix = '' | '.js' | '.ts';

/** .ts where the nearest module does so, else .js in an ESM project, as Nest's own schematics. */
export function importSuffix(tree: Tree, path: Path): ImportSuffix {
  if (!isEsmProject(tree)) return '';
  const module = new ModuleFinder(tree).find({ path });
  const text = module === null ? '' : (tree.read(module)?.toString() ?? '');
  return /from ['"]\.[^'"]*\.ts['"]/.test(text) ? '.ts' : '.js';
}
