/** Which documents are pages of the site, and in which section of its navigation. A new document in one of these folders becomes a
 *  page by itself; its first heading is its title. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from '../../scripts/markdown-document.ts';

export interface Page {
  readonly title: string;
  /** Path of the document, from the root of the repository. */
  readonly document: string;
}

export interface Section {
  readonly title: string;
  readonly pages: readonly Page[];
}

/** Documents in the order in which they are read. A pattern stands for those that are named nowhere, by title. */
const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  Start: [
    'README.md',
    'docs/guide/starting.md',
    'docs/guide/tutorial.md',
    'examples/README.md',
    'docs/guide/coming-from-kafka-streams.md',
  ],
  Guide: [
    'docs/guide/windows.md',
    'docs/guide/aggregates.md',
    'docs/guide/tables-and-joins.md',
    'docs/guide/processors.md',
    'docs/guide/serdes.md',
    'docs/guide/schemas.md',
    'docs/guide/sinks.md',
    'docs/guide/nestjs.md',
    'docs/guide/testing.md',
    'docs/guide/delivery-guarantees.md',
    'docs/guide/*.md',
  ],
  Reference: ['docs/reference/*.md', 'docs/errors.md', 'docs/*.md', 'libs/*/README.md'],
  Operations: ['docs/operations/*.md', 'helm/hiveframe-streams/README.md'],
  Examples: ['examples/*/README.md'],
  Internals: [
    'docs/ARCHITECTURE.md',
    'docs/performance.md',
    'docs/benchmarks.md',
    'CONTRIBUTING.md',
    'bench/README.md',
  ],
  Decisions: ['docs/adr/*.md'],
};

/** Shown in the navigation in place of the heading: that of a README names its folder. */
const TITLES: Readonly<Record<string, string>> = {
  'README.md': 'Quick start',
  'bench/README.md': 'How benchmarks are run',
  'helm/hiveframe-streams/README.md': 'Helm chart',
};

export const REPOSITORY = join(import.meta.dirname, '../..');

export const HOME = 'docs/index.md';

/** @throws Error for a document that a section names and that is not there */
export function readSections(): Section[] {
  const named = new Set([HOME, ...Object.values(SECTIONS).flat()]);
  return Object.entries(SECTIONS).map(([title, entries]) => ({
    title,
    pages: entries.flatMap((entry) => (entry.includes('*') ? unnamed(entry, named) : [readPage(entry)])),
  }));
}

function unnamed(pattern: string, named: ReadonlySet<string>): Page[] {
  const documents = globSync(pattern, { cwd: REPOSITORY }).filter((document) => !named.has(document));
  return documents.map(readPage).toSorted((a, b) => a.title.localeCompare(b.title, 'en', { numeric: true }));
}

function readPage(document: string): Page {
  const { title } = parseDocument(readFileSync(join(REPOSITORY, document), 'utf8'));
  return { title: TITLES[document] ?? title, document };
}

/** Path of the page that a document becomes, in the site's source: `docs/guide/sinks.md` is `guide/sinks.md`. */
export function pagePath(document: string): string {
  if (document === 'README.md') return 'overview.md';
  return document
    .replace(/^docs\//, '')
    .replace(/README\.md$/, 'index.md')
    .toLowerCase();
}
