/** Where the service goes: a folder that is not there, or is empty. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { CreateError } from './create.error.ts';

/** What npm takes for a name, and Kafka for a part of a topic's name. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,99}$/;
/** What a fresh repository has. */
const HARMLESS = new Set(['.git', '.DS_Store']);

export interface TargetFolder {
  readonly path: string;
  readonly name: string;
}

/** @throws CreateError */
export function targetFolder(given: string): TargetFolder {
  const path = resolve(given);
  const name = basename(path);
  if (!NAME.test(name)) {
    throw new CreateError(
      `Cannot name a service "${name}": a name has lower-case letters, digits, ".", "_" and "-", begins with a letter or digit, and is at most 100 long. Give another folder.`,
    );
  }
  const found = obstacles(path);
  if (found.length === 0) return { path, name };
  const listed = found.slice(0, 3).join(', ') + (found.length > 3 ? ` and ${found.length - 3} more` : '');
  throw new CreateError(
    `Cannot create a service in ${path}: there is ${listed}. Give a folder that is empty, or that is not there yet.`,
  );
}

function obstacles(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return ['a file of that name'];
  return readdirSync(path).filter((name) => !HARMLESS.has(name));
}
