/** Where the links of a document lead, inside the repository. */
import { existsSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import type { MarkdownDocument } from './markdown-document.ts';

export interface LinkTarget {
  /** Of a file or folder, from the root of the repository. */
  readonly path: string;
  /** Without the `#`; empty: the document as a whole. */
  readonly anchor: string;
}

/** null: it leads out of the repository. */
export function resolveLink(document: string, href: string): LinkTarget | null {
  if (/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(href)) return null;
  const [target = '', anchor = ''] = href.split('#').map(decodeURIComponent);
  const path = target === '' ? document : posix.join(posix.dirname(document), target);
  return { path: path.replace(/(?<=.)\/$/, ''), anchor };
}

/** What is wrong with the links of a document, a line each. */
export function linkFaults(
  path: string,
  documents: ReadonlyMap<string, MarkdownDocument>,
  exists: (path: string) => boolean = isInRepository,
): string[] {
  return documents.get(path)!.links.flatMap(({ href, line }) => {
    const fault = faultOf(resolveLink(path, href), documents, exists);
    return fault === null ? [] : [`${path}:${line}: ${href}: ${fault}`];
  });
}

function faultOf(
  target: LinkTarget | null,
  documents: ReadonlyMap<string, MarkdownDocument>,
  exists: (path: string) => boolean,
): string | null {
  if (target === null) return null;
  if (!exists(target.path)) return `${target.path} does not exist`;
  if (target.anchor === '') return null;
  const document = documents.get(target.path);
  if (document === undefined) return `${target.path} has no anchors`;
  return document.anchors.has(target.anchor) ? null : `${target.path} has no heading #${target.anchor}`;
}

function isInRepository(path: string): boolean {
  return !path.startsWith('..') && existsSync(path);
}

/** The README of a folder, as it is shown with it; else the path itself. */
export function documentAt(path: string): string {
  const readme = posix.join(path, 'README.md');
  return existsSync(path) && statSync(path).isDirectory() && existsSync(readme) ? readme : path;
}
