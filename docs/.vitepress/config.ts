/** The documents of the repository as a site: `npm run docs:site`. A link that leads nowhere fails the build.
 *  `DOCS_BASE`: the path below which it is served, `/` by default. `SOURCE_URL`: see repository-links.ts. */
import { globSync } from 'node:fs';
import GithubSlugger from 'github-slugger';
import { defineConfig, type DefaultTheme } from 'vitepress';
import { HOME, pagePath, readSections, REPOSITORY, type Section } from './pages.ts';
import { repositoryLinks } from './repository-links.ts';

const sections = readSections();
const documents = [HOME, ...sections.flatMap(({ pages }) => pages.map(({ document }) => document))];
const pages = new Map(documents.map((document) => [document, pagePath(document)]));

const sidebar = sections.map(({ title, pages }): DefaultTheme.SidebarItem => ({
  text: title,
  collapsed: title === 'Examples' || title === 'Decisions',
  items: pages.map(({ title, document }) => ({ text: title, link: `/${pagePath(document)}` })),
}));

/** The bar on top shows the sections that are read as a whole, each by its first page. */
const nav = sections
  .filter(({ title }) => title !== 'Examples')
  .map(({ title, pages }: Section) => ({ text: title, link: `/${pagePath(pages[0]!.document)}` }));

/** Pages are compiled where their documents lie, and the packages of this folder are not found from there. What renders them runs here:
 *  it imports them itself. */
const vueOfThisFolder = {
  name: 'vue-of-this-folder',
  enforce: 'pre' as const,
  resolveId: (id: string, _importer: string | undefined, { ssr }: { readonly ssr?: boolean }) =>
    ssr === true && /^vue(\/|$)/.test(id) ? { id, external: true } : null,
};

export default defineConfig({
  title: 'HiveFrame Streams',
  description:
    'Stream processing for TypeScript services on NestJS: what Kafka Streams is on the JVM, for Node.',
  base: process.env['DOCS_BASE'] ?? '/',
  srcDir: REPOSITORY,
  srcExclude: globSync('**/*.md', { cwd: REPOSITORY, exclude: ['**/node_modules'] }).filter(
    (path) => !pages.has(path),
  ),
  rewrites: Object.fromEntries(pages),
  markdown: {
    anchor: { slugify: (heading) => new GithubSlugger().slug(heading) },
    config: (markdown) => repositoryLinks(markdown, { pages, sourceUrl: process.env['SOURCE_URL'] }),
  },
  vite: { plugins: [vueOfThisFolder], esbuild: { tsconfigRaw: '{}' } }, // its esbuild does not know our target
  themeConfig: { nav, sidebar, outline: [2, 3], search: { provider: 'local' } },
});
