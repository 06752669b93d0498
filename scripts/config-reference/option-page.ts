/** docs/reference/configuration.md, from the options of the packages. */
import type { Option, OptionType } from './read-options.ts';

const HEAD = `# Configuration

<!-- Written by \`npm run docs:config\` from the docstrings of the packages: change those. -->

Every option of the packages: what it means, its unit or type, its default, and what it is called in Kafka or Kafka Streams. Numbers named \`…Ms\` are milliseconds, those named \`…Bytes\` bytes. An option without a default must be given. The variables that the reference app reads from its environment, and the values of its chart: [Helm chart](../../helm/hiveframe-streams/README.md#values).
`;

/** Those who are read first; the others follow by name. */
const FIRST = ['streams', 'streams-kafkajs', 'streams-redis', 'streams-embedded', 'streams-nestjs'];

export function optionPage(types: readonly OptionType[]): string {
  const packages = new Set([...FIRST, ...types.map((type) => type.package).toSorted()]);
  const parts = Array.from(packages, (name) => {
    const own = types.filter((type) => type.package === name);
    return own.length === 0 ? '' : [`## @hiveframe/${name}\n`, ...own.map(section)].join('\n');
  });
  return [HEAD, ...parts].join('\n');
}

function section({ name, meaning, options, includes }: OptionType): string {
  const also = includes.map((other) => `[${other}](#${other.toLowerCase()})`).join(', ');
  const text = [prose(meaning), also === '' ? '' : `It takes the options of ${also} too.`].join(' ').trim();
  return `### ${name}\n\n${text}\n\n${TABLE_HEAD}${options.map(row).join('')}`;
}

const TABLE_HEAD = `| option | meaning | unit or type | default | Kafka |\n| - | - | - | - | - |\n`;

function row({ name, meaning, type, defaultValue, kafkaName }: Option): string {
  const fallback = defaultValue === null ? '**required**' : defaultText(defaultValue);
  const kafka = kafkaName === null ? '' : code(kafkaName);
  return `| ${code(name)} | ${prose(meaning)} | ${unit(type)} | ${fallback} | ${kafka} |\n`;
}

function unit(type: string): string {
  return ['ms', 'bytes', 'number'].includes(type) ? type : code(type);
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}

/** Text of a docstring, as it may stand in a cell. What is in backticks stays. */
function prose(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : part.replaceAll('<', '&lt;').replaceAll('*', '\\*')))
    .join('')
    .replaceAll('|', '\\|');
}

const VALUE = /^('[^']*'|-?\d[\d_.]*(?: [KM]iB)?|true|false)(?=$|[,;: ])/;

function defaultText(text: string): string {
  const value = VALUE.exec(text)?.[0] ?? '';
  return `${value === '' ? '' : code(value)}${prose(text.slice(value.length))}`;
}
