/** Files as pieces of bytes, compressed ones as what they hold. */
import { createReadStream } from 'node:fs';
import { glob, stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { SourceError } from '../source/source.error.ts';

/** In the order of their names; a path that is no pattern matches itself. @throws SourceError when there is none */
export async function findFiles(patterns: string | readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for await (const file of glob(patterns)) if ((await stat(file)).isFile()) found.add(file);
  if (found.size > 0) return [...found].sort((a, b) => (a < b ? -1 : 1));
  throw new SourceError(`no file matches ${[patterns].flat().join(', ')} in ${process.cwd()}`);
}

/** From a byte on; of compressed files, of what they hold. @throws SourceError when the file ends before it */
export async function* readFile(file: string, offset: number): AsyncGenerator<Buffer> {
  const isCompressed = file.endsWith('.gz');
  if (!isCompressed) await requireBytes(file, offset);
  let toSkip = isCompressed ? offset : 0;
  for await (const piece of isCompressed ? inflated(file) : piecesOf(file, offset)) {
    if (toSkip < piece.length) yield toSkip === 0 ? piece : piece.subarray(toSkip);
    toSkip = Math.max(0, toSkip - piece.length);
  }
  if (toSkip > 0) throw isShorter(file, offset);
}

function piecesOf(file: string, start: number): AsyncIterable<Buffer> {
  return createReadStream(file, { start });
}

async function* inflated(file: string): AsyncGenerator<Buffer> {
  const bytes = createReadStream(file);
  const gunzip = createGunzip();
  bytes.on('error', (error) => gunzip.destroy(error));
  try {
    for await (const piece of bytes.pipe(gunzip)) yield piece as Buffer;
  } finally {
    bytes.destroy();
  }
}

async function requireBytes(file: string, offset: number): Promise<void> {
  if ((await stat(file)).size < offset) throw isShorter(file, offset);
}

function isShorter(file: string, offset: number): SourceError {
  return new SourceError(
    `${file} is shorter than it was: it was read up to byte ${offset}. Bring it back, or give the source another name, under which it begins at the start`,
  );
}
