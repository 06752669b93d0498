/** What `nest g` passes on, and what files and module entries are made of. */
import { join, strings, type Path } from '@angular-devkit/core';
import { SchematicsException } from '@angular-devkit/schematics';
import { NameParser, normalizeToKebabOrSnakeCase } from '@nestjs/schematics';

export type ElementType = 'topology' | 'processor' | 'source' | 'sink';

/** As in `schema.json`; those of Nest's own schematics. */
export interface ElementOptions {
  readonly name: string;
  readonly path?: string;
  readonly language?: string;
  readonly sourceRoot?: string;
  /** Defaults are in `schema.json`. */
  readonly flat?: boolean;
  readonly spec?: boolean;
  readonly specFileSuffix?: string;
  readonly skipImport?: boolean;
  readonly format?: boolean;
}

export interface Element {
  readonly type: ElementType;
  /** In file names: late-orders. */
  readonly name: string;
  /** LateOrdersTopology. */
  readonly className: string;
  /** Below the root of the sources. */
  readonly path: Path;
  readonly spec: boolean;
  readonly specFileSuffix: string;
}

/** A class may not begin with a digit. */
const NAME = /^[a-z][a-z0-9._-]*$/;

/** Classes that the files import under these names. */
const TAKEN = new Set(['StreamTopology', 'TopicSource', 'AtLeastOnceSink']);

/** @throws SchematicsException */
export function resolveElement(type: ElementType, options: ElementOptions): Element {
  const { language = 'ts', flat = false, spec = true } = options;
  if (language !== 'ts') {
    throw new SchematicsException(`Cannot create a ${type} in ${language}: there is TypeScript only.`);
  }
  const location = new NameParser().parse({
    name: options.name,
    ...(options.path !== undefined && { path: options.path }),
  });
  const name = normalizeToKebabOrSnakeCase(location.name);
  if (!NAME.test(name)) {
    throw new SchematicsException(
      `Cannot name a ${type} "${options.name}": a name begins with a letter, and has letters, digits, ".", "_" and "-".`,
    );
  }
  const className = `${strings.classify(name).replaceAll('.', '')}${strings.capitalize(type)}`;
  if (TAKEN.has(className)) {
    throw new SchematicsException(
      `Cannot name a ${type} "${options.name}": ${className} is a name of the toolkit. Take another.`,
    );
  }
  const folder = normalizeToKebabOrSnakeCase(location.path) as Path;
  return {
    type,
    name,
    className,
    path: flat ? folder : join(folder, name),
    spec,
    specFileSuffix: normalizeToKebabOrSnakeCase(options.specFileSuffix ?? 'spec'),
  };
}
