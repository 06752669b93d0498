import { describe, expect, it } from '@jest/globals';
import { linkFaults, resolveLink } from './document-links.ts';
import { parseDocument } from './markdown-document.ts';

const PAGE = 'docs/guide/windows.md';

function faultsOf(text: string): string[] {
  const documents = new Map([
    [PAGE, parseDocument(text)],
    ['README.md', parseDocument('# Readme\n\n## Two `parts`, in one: a & b\n\n## Again\n\n## Again\n')],
  ]);
  return linkFaults(PAGE, documents, (path) => documents.has(path) || path === 'src');
}

describe('links of a document', () => {
  it('are read from the folder of the document', () => {
    expect(resolveLink(PAGE, '../../README.md#again')).toEqual({ path: 'README.md', anchor: 'again' });
    expect(resolveLink(PAGE, '../../src/')).toEqual({ path: 'src', anchor: '' });
    expect(resolveLink(PAGE, '#here')).toEqual({ path: PAGE, anchor: 'here' });
  });

  it('may lead to files, folders and headings, or out of the repository', () => {
    const text = `# Windows
      [a](../../README.md) [b](../../src/) [c](#windows) [d](../../README.md#two-parts-in-one-a--b)
      [e](../../README.md#again-1) [f](https://example.org/#nothing) [g](mailto:a@example.org)`;
    expect(faultsOf(text)).toEqual([]);
  });

  it('that lead nowhere are told with their place', () => {
    const text =
      '# Windows\n\n[a](../README.md)\n\n| t |\n| - |\n| ![b](b.svg) |\n\n[c](#none) [d](../../README.md#again-2)';
    expect(faultsOf(text)).toEqual([
      `${PAGE}:3: ../README.md: docs/README.md does not exist`,
      `${PAGE}:7: b.svg: docs/guide/b.svg does not exist`,
      `${PAGE}:9: #none: ${PAGE} has no heading #none`,
      `${PAGE}:9: ../../README.md#again-2: README.md has no heading #again-2`,
    ]);
  });

  it('in code are none', () => {
    expect(faultsOf('# Windows\n\n`[a](none.md)`\n\n```md\n[b](none.md)\n```\n')).toEqual([]);
  });

  it('behind frontmatter keep their lines', () => {
    expect(faultsOf('---\nlayout: home\n---\n\n[a](none.md)')).toEqual([
      `${PAGE}:5: none.md: docs/guide/none.md does not exist`,
    ]);
  });
});
