/** What is on disk once it is awaited. */
import { open, type FileHandle } from 'node:fs/promises';

/** A new file, whole. */
export async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, 'w');
  await file.writeFile(bytes);
  await file.sync();
}

/** Its contents, of a file that was written before. */
export async function syncFile(path: string): Promise<void> {
  await using file = await open(path, 'r+');
  await file.sync();
}

/** Its names: what was made in it, moved there or removed. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}

/** To sync a folder whatever it is called meanwhile. */
export function openFolder(path: string): Promise<FileHandle> {
  return open(path, 'r');
}
