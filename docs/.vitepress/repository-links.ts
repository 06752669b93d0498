/** Documents link to each other, and to code, as on the disk. On the site a link to a document leads to its page, and one to anything
 *  else of the repository to `SOURCE_URL`; without that only its text is left. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type MarkdownIt from 'markdown-it';
import type { Token } from 'markdown-it';
import { documentAt, resolveLink } from '../../scripts/document-links.ts';
import { REPOSITORY } from './pages.ts';

export interface LinkTargets {
  /** Path of the page in the site, by the path of the document in the repository. */
  readonly pages: ReadonlyMap<string, string>;
  /** Where the repository can be read: `https://<host>/<project>/blob/main`. */
  readonly sourceUrl: string | undefined;
}

export function repositoryLinks(markdown: MarkdownIt, targets: LinkTargets): void {
  const documents = new Map(Array.from(targets.pages, ([document, page]) => [page, document]));
  markdown.core.ruler.push('repository-links', ({ tokens, env }) => {
    const { relativePath } = env as { relativePath: string }; // of the page; when the search index is made, of the document
    const document = documents.get(relativePath) ?? relativePath;
    for (const token of tokens) {
      for (const child of token.children ?? [])
        if (child.type === 'link_open') lead(child, document, targets);
    }
  });
}

function lead(link: Token, document: string, { pages, sourceUrl }: LinkTargets): void {
  const target = resolveLink(document, link.attrGet('href') ?? '');
  if (target === null || target.path === document) return;
  const page = pages.get(documentAt(target.path));
  const anchor = target.anchor === '' ? '' : `#${target.anchor}`;
  if (page !== undefined) link.attrSet('href', `/${page}${anchor}`);
  else if (sourceUrl !== undefined) link.attrSet('href', `${sourceUrl}/${target.path}${anchor}`);
  else if (existsSync(join(REPOSITORY, target.path))) link.attrs = [['title', target.path]];
}
