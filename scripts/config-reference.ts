/** `npm run docs:config`: writes docs/reference/configuration.md from the docstrings of the options. With `--check` it only says
 *  whether the page is as it would be written. An option without a meaning, or without a default, is a fault in both. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { optionFaults } from './config-reference/option-faults.ts';
import { optionPage } from './config-reference/option-page.ts';
import { readOptionTypes } from './config-reference/read-options.ts';

const PAGE = 'docs/reference/configuration.md';

const types = readOptionTypes(process.cwd());
const page = await format(optionPage(types), { ...(await resolveConfig(PAGE)), filepath: PAGE });
const faults = optionFaults(types);
if (!process.argv.includes('--check')) {
  mkdirSync(dirname(PAGE), { recursive: true });
  writeFileSync(PAGE, page);
} else if (!existsSync(PAGE) || readFileSync(PAGE, 'utf8') !== page) {
  faults.push(`${PAGE} is not what the docstrings say now: run \`npm run docs:config\` and commit it`);
}
const count = types.reduce((sum, { options }) => sum + options.length, 0);
for (const fault of faults) process.stdout.write(`${fault}\n`);
process.stdout.write(`docs:config: ${count} options of ${types.length} types, ${faults.length} faults\n`);
process.exitCode = faults.length === 0 && count > 0 ? 0 : 1;
