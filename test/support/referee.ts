/** A second verifier, of other hands: the program named by `HFS_PEERS`, when there is one. Two that agree are worth
 *  more than one that was written beside the code it checks. */
import { RunningProcess } from './child-process.ts';

/** @throws Error when the referee finds otherwise */
export async function refereeVerdict(words: readonly string[], exact: boolean): Promise<void> {
  const program = process.env['HFS_PEERS'];
  if (program === undefined || program === '') return;
  const referee = new RunningProcess({ name: 'referee', command: program, args: ['Verify', ...words] });
  const { code } = await referee.exited;
  if ((code === 0) === exact) return;
  throw new Error(`The referee disagrees with the verifier (exact: ${exact}):\n${referee.lines.join('\n')}`);
}
