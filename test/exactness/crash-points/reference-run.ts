/** What every run over the input must write: taken from one that nothing disturbed, which both verifiers found right. */
import { verify, type Verdict } from '../../support/verifier.ts';
import { CrashCase } from './crash-case.ts';
import type { KafkaWorld } from './kafka-world.ts';
import type { Output } from './output.ts';

export async function undisturbedOutput(world: KafkaWorld): Promise<Output> {
  await using run = await CrashCase.open(world);
  const [exit] = await run.finish(run.start());
  if (exit!.code !== 0) throw new Error(`The undisturbed run ended with ${JSON.stringify(exit)}.`);
  const verdict = await verdictOn(run);
  if (!verdict.exact) throw new Error(`The undisturbed run is not exact: ${JSON.stringify(verdict)}`);
  return await run.output();
}

/** What the programs say that recompute the windows from the input. */
export function verdictOn({ world, topics }: CrashCase<KafkaWorld>): Promise<Verdict> {
  return verify(world.services.brokers, { input: world.input, ...topics }, 'final');
}
