/** Whether an output topic is what its input demands, said by programs that share no code with the application. */
import { startPeer } from './peer.ts';
import { refereeVerdict } from './referee.ts';

export type EmitMode = 'final' | 'updates';

/** The verifier's answer. */
export interface Verdict {
  readonly exact: boolean;
  readonly readings: number;
  readonly misfits: number;
  readonly windows: number;
  readonly outputs: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly example?: string;
}

export interface VerifiedTopics {
  readonly input: string;
  readonly output: string;
  readonly alerts: string;
}

/** What this project's verifier says; where a referee is given, it must agree.
 *  @throws Error when it does not, or when there was no answer */
export async function verify(
  brokers: string,
  { input, output, alerts }: VerifiedTopics,
  emit: EmitMode,
): Promise<Verdict> {
  const words = [brokers, input, output, emit];
  const verifier = startPeer('Verify', words, { alerts });
  await verifier.exited;
  const answer = verifier.lines.findLast((line) => line.startsWith('{'));
  if (answer === undefined) {
    throw new Error(`The verifier gave no verdict:\n${verifier.lines.slice(-30).join('\n')}`);
  }
  const verdict = JSON.parse(answer) as Verdict;
  if (verdict.misfits === 0) await refereeVerdict(words, verdict.exact);
  return verdict;
}
