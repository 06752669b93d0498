/** The command line: exit code 0 done, 1 an unsafe change was found or dead letters were refused, 2 it could not be done (bad arguments
 *  among the reasons). */
import { Command, CommanderError } from 'commander';
import { addDeadLetters } from './commands/dead-letters.ts';
import { addReset } from './commands/reset.ts';
import { addTopology } from './commands/topology.ts';
import { FAILED, type Terminal } from './terminal.ts';

/** Runs one command, and gives the exit code. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode = 0;
  const program = new Command('hiveframe')
    .description('Looks after applications on HiveFrame Streams.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.err(text) })
    .showHelpAfterError('(add --help for what there is)');
  const exit = (code: number) => (exitCode = code);
  addDeadLetters(program, terminal, exit);
  addTopology(program, terminal, exit);
  addReset(program, terminal);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : FAILED; // it has told why
    terminal.err(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    return FAILED;
  }
}
