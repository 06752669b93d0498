/** All files of a service, or none: they are written aside, and moved when they are complete. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CreateError } from './create.error.ts';
import type { ProjectFiles } from './project-files.ts';

/** Files that are copied as they are: from where, by their path in the project. */
export type CopiedFiles = ReadonlyMap<string, string>;

/** @throws CreateError when it cannot be written; then nothing is left of it */
export function writeProject(target: string, files: ProjectFiles, copied: CopiedFiles): void {
  const isThere = existsSync(target); // and empty; it is kept, since a shell may stand in it
  const staged = join(isThere ? target : dirname(target), `.create-streams-${process.pid}`);
  try {
    for (const [path, text] of files) writeFileSync(place(staged, path), text);
    for (const [path, from] of copied) copyFileSync(from, place(staged, path));
    if (!isThere) return renameSync(staged, target);
    for (const name of readdirSync(staged)) renameSync(join(staged, name), join(target, name));
  } catch (cause) {
    throw new CreateError(`Cannot write ${target}: ${(cause as Error).message}.`, { cause });
  } finally {
    rmSync(staged, { recursive: true, force: true });
  }
}

function place(folder: string, path: string): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  return file;
}
