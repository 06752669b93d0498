/** hiveframe dead-letters list, show, replay, audit */
import { readFileSync } from 'node:fs';
import { InvalidArgumentError, type Command } from 'commander';
import {
  DeadLetters,
  parseDeadLetterEdit,
  renderDeadLetter,
  type DeadLetterEdit,
  type DeadLetterFilter,
  type DeadLetterPlace,
  type DeadLetterSelection,
  type ReplayReport,
} from '@hiveframe/streams';
import { addConnectionOptions, connect, type ConnectionFlags } from '../connect.ts';
import { REFUSED, type Terminal } from '../terminal.ts';
import { tellAudit, tellLetter, tellLetters, tellReport } from './dead-letters-text.ts';

interface CommonFlags extends ConnectionFlags {
  readonly deadLetterTopic?: string;
  readonly json?: boolean;
}
interface PageFlags extends CommonFlags {
  readonly limit?: number;
  readonly cursor?: string;
}
interface FilterFlags {
  readonly topic?: string;
  readonly partition?: number;
  readonly since?: number;
  readonly until?: number;
  readonly reason?: string;
}
interface AuditFlags extends PageFlags, Pick<FilterFlags, 'since'> {
  readonly letter?: DeadLetterPlace;
}
interface ReplayFlags extends PageFlags, FilterFlags {
  readonly by: string;
  readonly all?: true;
  readonly to?: string;
  readonly edit?: DeadLetterEdit;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly again?: boolean;
  readonly maxReplays?: number;
}

export function addDeadLetters(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  const deadLetters = program
    .command('dead-letters')
    .description(
      'The records that could not go on: looked at, and replayed. The application may run or not.',
    );
  addList(deadLetters, terminal);
  addShow(deadLetters, terminal, exit);
  addReplay(deadLetters, terminal, exit);
  addAudit(deadLetters, terminal);
}

function addList(parent: Command, terminal: Terminal): void {
  const command = parent.command('list').description('Lists them, partition by partition, the oldest first.');
  addPageOptions(addFilterOptions(addCommonOptions(command))).action(
    async (flags: PageFlags & FilterFlags) => {
      await withDeadLetters('list dead letters', flags, terminal, async (letters) => {
        const { items, cursor } = await letters.list({ ...filterOf(flags), ...pageOf(flags) });
        const page = { items: items.map(renderDeadLetter), cursor };
        tell(terminal, flags, page, () => tellLetters(page, letters.topic));
      });
    },
  );
}

function addShow(parent: Command, terminal: Terminal, exit: (code: number) => void): void {
  const command = parent
    .command('show')
    .description('Shows one whole. Exit code 1: it is not there, or no longer.')
    .argument('<letter>', 'partition:offset in the topic of the dead letters', toPlace);
  addCommonOptions(command).action(async (place: DeadLetterPlace, flags: CommonFlags) => {
    await withDeadLetters('show a dead letter', flags, terminal, async (letters) => {
      const found = await letters.get(place);
      if (found !== null) {
        const letter = renderDeadLetter(found);
        return tell(terminal, flags, letter, () => tellLetter(letter));
      }
      terminal.err(`There is no dead letter ${place.partition}:${place.offset} in ${letters.topic}.\n`);
      exit(REFUSED);
    });
  });
}

function addReplay(parent: Command, terminal: Terminal, exit: (code: number) => void): void {
  const command = parent
    .command('replay')
    .description(
      'Writes them to where they came from, or to another topic, each once, and who did so into the audit. Interrupted, it is run again and does the rest. Exit code 1: some were refused that were not replayed before.',
    )
    .argument('[letters...]', 'partition:offset of each; or what is meant by the flags', toPlaces)
    .requiredOption('--by <name>', 'who replays, for the audit')
    .option('--all', 'all of them');
  addPageOptions(addFilterOptions(addCommonOptions(command)))
    .option('--to <topic>', 'where to; partitions by key then (default: where each came from)')
    .option(
      '--edit <json>',
      'what to change: JSON, or @file, such as {"value":{"merge":{"size":3}},"headers":{"mended":"yes"}}',
      toEdit,
    )
    .option('--dry-run', 'only tell what would be written, and what would be refused')
    .option('--force', 'also what was replayed too often, and failed each time')
    .option('--again', 'also what was replayed before')
    .option('--max-replays <number>', 'what too often is (default: 3)', toWhole)
    .option('--topology <module>', 'its topology: tells whether its sources decode what is replayed')
    .action(async (places: readonly DeadLetterPlace[] | undefined, flags: ReplayFlags) => {
      await withDeadLetters('replay dead letters', flags, terminal, async (letters) => {
        const report = await letters.replay(selectionOf(places, flags), replayOptionsOf(flags));
        tell(terminal, flags, report, () => tellReport(report));
        if (isRefused(report)) exit(REFUSED);
      });
    });
}

function addAudit(parent: Command, terminal: Terminal): void {
  const command = parent
    .command('audit')
    .description('Tells who replayed what, when, and to where, the oldest first.')
    .option('--letter <letter>', 'only of this dead letter, partition:offset', toPlace)
    .option('--since <time>', 'replays since then (ISO 8601)', toTimeMs);
  addPageOptions(addCommonOptions(command)).action(async (flags: AuditFlags) => {
    await withDeadLetters('read the audit', flags, terminal, async (letters) => {
      const { since, letter } = flags;
      const page = await letters.audit({
        ...pageOf(flags),
        ...(since !== undefined && { sinceMs: since }),
        ...(letter !== undefined && { letter }),
      });
      tell(terminal, flags, page, () => tellAudit(page, letters.auditTopic));
    });
  });
}

function addCommonOptions(command: Command): Command {
  return addConnectionOptions(command)
    .option('--dead-letter-topic <topic>', 'its deadLetterTopic (default: <application-id>-dead-letters)')
    .option('--json', 'tell it as JSON');
}
function addPageOptions(command: Command): Command {
  return command
    .option('--limit <number>', 'so many at most', toWhole)
    .option('--cursor <cursor>', 'go on where it was ended');
}
function addFilterOptions(command: Command): Command {
  return command
    .option('--topic <topic>', 'those whose record came from there')
    .option('--partition <number>', 'and from that partition', toWhole)
    .option('--since <time>', 'dead letters since then (ISO 8601)', toTimeMs)
    .option('--until <time>', 'and before then', toTimeMs)
    .option('--reason <text>', 'a kind (processing), a name of an error, or a part of its message');
}

async function withDeadLetters(
  purpose: string,
  flags: CommonFlags & Pick<ReplayFlags, 'maxReplays'>,
  { err }: Terminal,
  work: (letters: DeadLetters) => Promise<void>,
): Promise<void> {
  const { applicationId, log, topology, close } = await connect(purpose, flags, err);
  try {
    const { deadLetterTopic: topic, maxReplays } = flags;
    const options = { applicationId, log, topic, topology };
    await work(new DeadLetters({ ...options, ...(maxReplays !== undefined && { maxReplays }) }));
  } finally {
    await close();
  }
}

function tell(
  { out }: Terminal,
  { json }: Pick<CommonFlags, 'json'>,
  value: object,
  text: () => string,
): void {
  out(json === true ? `${JSON.stringify(value, null, 2)}\n` : text());
}

function filterOf({ topic, partition, since, until, reason }: FilterFlags): DeadLetterFilter {
  return {
    ...(topic !== undefined && { topic }),
    ...(partition !== undefined && { partition }),
    ...(since !== undefined && { sinceMs: since }),
    ...(until !== undefined && { untilMs: until }),
    ...(reason !== undefined && { reason }),
  };
}

function pageOf({ limit, cursor }: Pick<PageFlags, 'limit' | 'cursor'>) {
  return { ...(limit !== undefined && { limit }), ...(cursor !== undefined && { cursor }) };
}

function selectionOf(
  places: readonly DeadLetterPlace[] | undefined,
  flags: ReplayFlags,
): DeadLetterSelection {
  const filter = { ...filterOf(flags), ...(flags.all === true && { all: flags.all }) };
  // what goes together the service says
  return places === undefined || places.length === 0 ? filter : { ...filter, letters: places };
}

function replayOptionsOf(flags: ReplayFlags) {
  const { by, to, edit, dryRun = false, force = false, again = false } = flags;
  return { by, to, edit, dryRun, force, again, ...pageOf(flags) };
}

function isRefused({ refused }: ReplayReport): boolean {
  return Object.keys(refused).some((refusal) => refusal !== 'alreadyReplayed');
}

function toPlace(text: string): DeadLetterPlace {
  const [, partition, offset] = /^(\d{1,10}):(\d{1,15})$/.exec(text) ?? [];
  if (partition === undefined || offset === undefined)
    throw new InvalidArgumentError('It is partition:offset, such as 0:17.');
  return { partition: Number(partition), offset: Number(offset) };
}
function toPlaces(text: string, places: readonly DeadLetterPlace[] = []): readonly DeadLetterPlace[] {
  return [...places, toPlace(text)];
}

function toWhole(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a whole number.');
}

function toTimeMs(text: string): number {
  const timeMs = Date.parse(text);
  if (!Number.isNaN(timeMs)) return timeMs;
  throw new InvalidArgumentError('It is a time such as 2026-01-30T10:00:00Z.');
}

function toEdit(text: string): DeadLetterEdit {
  try {
    return parseDeadLetterEdit(text.startsWith('@') ? readFileSync(text.slice(1), 'utf8') : text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
