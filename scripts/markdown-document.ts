/** A Markdown document of the repository: its title, the anchors that links may name, and what it links to. */
import GithubSlugger from 'github-slugger';
import MarkdownIt, { type Token } from 'markdown-it';

export interface Link {
  /** As written: a URL, a path from the folder of the document, `#anchor`. */
  readonly href: string;
  /** Of the paragraph or table row that holds it; the first is 1. */
  readonly line: number;
}

export interface MarkdownDocument {
  /** The first heading, as plain text. Empty: there is none. */
  readonly title: string;
  /** One for each heading, as GitHub makes them, and the site too. */
  readonly anchors: ReadonlySet<string>;
  /** Links and images. */
  readonly links: readonly Link[];
}

const markdown = new MarkdownIt();

export function parseDocument(text: string): MarkdownDocument {
  const tokens = markdown.parse(withoutFrontmatter(text), {});
  const headings = tokens.filter((_, index) => tokens[index - 1]?.type === 'heading_open').map(plainText);
  const slugger = new GithubSlugger();
  return {
    title: headings[0] ?? '',
    anchors: new Set(headings.map((heading) => slugger.slug(heading))),
    links: linksOf(tokens),
  };
}

/** Empty lines take its place, so that those below keep their numbers. */
function withoutFrontmatter(text: string): string {
  return text.replace(/^---\n.*?\n---\n/s, (matter) => matter.replace(/[^\n]/g, ''));
}

function plainText({ children }: Token): string {
  return (children ?? []).map(({ content }) => content).join('');
}

function linksOf(tokens: readonly Token[]): Link[] {
  let line = 1; // cells of a table have none of their own: they are in the line of their row
  return tokens.flatMap(({ children, map }) => {
    line = map === null ? line : map[0] + 1;
    const hrefs = (children ?? []).map((child) => child.attrGet('href') ?? child.attrGet('src'));
    return hrefs.filter((href) => href !== null).map((href) => ({ href, line }));
  });
}
