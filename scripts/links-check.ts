/** Do the links of all documents lead somewhere? Files and folders must exist, `#anchors` must be headings of the document. What
 *  leads out of the repository is not asked for. */
import { globSync, readFileSync } from 'node:fs';
import { linkFaults } from './document-links.ts';
import { parseDocument } from './markdown-document.ts';

const NOT_OURS = ['**/node_modules', '**/dist', 'docs/api'];

const paths = globSync('**/*.md', { exclude: NOT_OURS }).toSorted();
const documents = new Map(paths.map((path) => [path, parseDocument(readFileSync(path, 'utf8'))]));
const faults = paths.flatMap((path) => linkFaults(path, documents));
for (const fault of faults) process.stdout.write(`${fault}\n`);
const links = [...documents.values()].reduce((sum, document) => sum + document.links.length, 0);
process.stdout.write(
  `links-check: ${links} links of ${paths.length} documents, ${faults.length} lead nowhere\n`,
);
process.exitCode = faults.length === 0 && links > 0 ? 0 : 1;
