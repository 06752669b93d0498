/** Enters a class in the providers of the module that is nearest to it, where the streams module finds it. */
import { SchematicsException, type SchematicContext, type Tree } from '@angular-devkit/schematics';
import { isEsmProject, ModuleDeclarator, ModuleFinder } from '@nestjs/schematics';
import type { Element } from './element-options.ts';
import { importSuffix } from './import-suffix.ts';

/** @throws SchematicsException where the module cannot be changed */
export function enterInModule(tree: Tree, context: SchematicContext, element: Element): Tree {
  const { name, type, className, path } = element;
  const module = new ModuleFinder(tree).find({ path });
  if (module === null) {
    context.logger.warn(`There is no module in ${path} or above: add ${className} to the providers of one.`);
    return tree;
  }
  const content = tree.readText(module);
  if (!/@Module\(\s*\{/.test(content)) {
    throw new SchematicsException(
      `Cannot enter ${className} in ${module}: it has no @Module({ … }). Give --skip-import, and add it to the providers yourself.`,
    );
  }
  const isEsm = isEsmProject(tree);
  const options = { metadata: 'providers', name, type, className, path, module, isEsm };
  const declared = new ModuleDeclarator().declare(content, options);
  tree.overwrite(module, importSuffix(tree, path) === '.ts' ? withTsSuffix(declared, className) : declared);
  return tree;
}

/** The declarator knows .js only. */
function withTsSuffix(content: string, className: string): string {
  return content.replace(new RegExp(`(import \\{ ${className} \\} from '[^']+)\\.js'`), "$1.ts'");
}
