import { join, strings } from '@angular-devkit/core';
import {
  apply,
  applyTemplates,
  branchAndMerge,
  chain,
  filter,
  mergeWith,
  move,
  noop,
  SchematicsException,
  url,
  type Rule,
  type Tree,
} from '@angular-devkit/schematics';
import { formatFiles, mergeSourceRoot } from '@nestjs/schematics';
import { resolveElement, type Element, type ElementOptions, type ElementType } from './element-options.ts';
import { importSuffix } from './import-suffix.ts';
import { enterInModule } from './module-entry.ts';

/** Makes the schematic of an element: its class, its test, and its entry in the nearest module. */
export function element(type: ElementType): (options: ElementOptions) => Rule {
  return (options) => {
    const made = resolveElement(type, options);
    const target = { ...made, ...(options.sourceRoot !== undefined && { sourceRoot: options.sourceRoot }) };
    return branchAndMerge(
      chain([
        mergeSourceRoot(target), // moves target.path below the root of the sources
        (tree) => refuseToReplace(tree, target),
        options.skipImport === true ? noop() : (tree, context) => enterInModule(tree, context, target),
        (tree) => mergeWith(files(target, importSuffix(tree, target.path))),
        options.format === true ? formatFiles() : noop(),
      ]),
    );
  };
}

/** Before the module is changed. @throws SchematicsException */
function refuseToReplace(tree: Tree, { path, name, type, className }: Element): Tree {
  const file = join(path, `${name}.${type}.ts`);
  if (!tree.exists(file)) return tree;
  throw new SchematicsException(
    `Cannot create ${className}: ${file} is there already. Take another name, or remove it, and its entry in the module.`,
  );
}

function files({ path, spec, ...made }: Element, suffix: string) {
  const subject = made.className.slice(0, -made.type.length);
  const words = { ...made, suffix, subject, propertyName: strings.camelize(subject) };
  return apply(url(`../files/${made.type}`), [
    spec ? noop() : filter((file) => !file.includes('__specFileSuffix__')),
    applyTemplates({ ...strings, ...words }),
    move(path),
  ]);
}
