/** hiveframe topology describe, hiveframe topology diff */
import { readFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import {
  compareTopologies,
  ConfigError,
  DESCRIPTION_FORMAT,
  describeChange,
  type DescriptionStyle,
  type TopologyChange,
  type TopologyDescription,
} from '@hiveframe/streams';
import { loadTopology } from '../load-module.ts';
import { UNSAFE, type Terminal } from '../terminal.ts';

interface DescribeFlags {
  readonly export?: string;
  readonly format: DescriptionStyle;
}
interface DiffFlags {
  readonly export?: string;
  readonly accept: readonly string[];
  readonly json?: boolean;
}

export function addTopology(program: Command, { out }: Terminal, exit: (code: number) => void): void {
  const topology = program
    .command('topology')
    .description('What a topology is, and what a change of it does.');
  topology
    .command('describe')
    .description('Writes what the topology of a module is: for people, for programs, or as a flowchart.')
    .argument('<module>', 'file that exports the topology')
    .option('--export <name>', 'name of the export (default: topology, then default)')
    .addOption(new Option('--format <format>', 'how').choices(['text', 'json', 'mermaid']).default('text'))
    .action(async (path: string, { export: name, format }: DescribeFlags) => {
      out((await loadTopology(path, name)).describe(format));
    });
  topology
    .command('diff')
    .description(
      'Tells what the topology of a module would do to the state of a former one. Exit code 1: a change is unsafe.',
    )
    .argument('<before>', 'JSON of the former one, as describe --format json wrote it')
    .argument('<module>', 'file that exports the topology')
    .option('--export <name>', 'name of the export (default: topology, then default)')
    .option(
      '--accept <name>',
      'store or internal topic whose unsafe change is meant; may be given several times',
      (name: string, names: readonly string[]) => [...names, name],
      [],
    )
    .option('--json', 'tell it as JSON')
    .action(async (before: string, path: string, { export: name, accept, json }: DiffFlags) => {
      const after = (await loadTopology(path, name)).toJSON();
      const changes = compareTopologies(await readDescription(before), after);
      out(json === true ? `${JSON.stringify(changes, null, 2)}\n` : tell(changes));
      if (changes.some((change) => isUnsafe(change, accept))) exit(UNSAFE);
    });
}

function tell(changes: readonly TopologyChange[]): string {
  if (changes.length === 0) return 'No change that concerns state or input.\n';
  return changes.map((change) => `${describeChange(change)}\n`).join('');
}

function isUnsafe({ safety, acceptable, name }: TopologyChange, accepted: readonly string[]): boolean {
  return safety === 'unsafe' && !(acceptable && accepted.includes(name));
}

async function readDescription(path: string): Promise<TopologyDescription> {
  let description: Partial<TopologyDescription>;
  try {
    description = JSON.parse(await readFile(path, 'utf8')) as Partial<TopologyDescription>;
  } catch (cause) {
    throw new ConfigError(`Cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
  if (description.format === undefined || description.stores === undefined) {
    throw new ConfigError(
      `Cannot compare with ${path}: it is no description of a topology. Write it with: hiveframe topology describe --format json <module>`,
    );
  }
  if (description.format <= DESCRIPTION_FORMAT) return description as TopologyDescription;
  throw new ConfigError(
    `Cannot compare with ${path}: it has format ${description.format}, of a later version than this one, which knows ${DESCRIPTION_FORMAT}. Update @hiveframe/streams-cli.`,
  );
}
