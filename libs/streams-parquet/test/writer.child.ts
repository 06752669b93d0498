/** Writes numbers until it is killed, and says each time how far it has come. Arguments: directory, the number at which to end. */
import { writeNumbers } from './write-numbers.ts';

const [directory, end] = process.argv.slice(2) as [string, string];
await writeNumbers(directory, Number(end), (written) => process.stdout.write(`${written}\n`));
