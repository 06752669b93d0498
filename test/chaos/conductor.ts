/** Lets the faults of a plan strike, one after another or two at a time, and waits for what follows. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Parts } from './cluster/parts.ts';
import { makeFault } from './faults/make-fault.ts';
import { describePlanned, type PlannedFault } from './plan.ts';
import type { Recovery } from './verify/recovery.ts';

/** Far beyond what any of them takes: the application has not come back. */
const RECOVERY_TIMEOUT_MS = 120_000;

/** What became of a planned fault. */
export interface Occurrence {
  readonly planned: PlannedFault;
  /** From the strike until it was healed, as it was. */
  readonly heldSeconds: number;
  /** From the strike until every partition had committed what was written after it. */
  readonly recoverySeconds: number;
  /** Another fault was under way with it. */
  readonly alone: boolean;
}

export interface ConductorOptions {
  readonly parts: Parts;
  readonly recovery: Recovery;
  readonly say: (line: string) => void;
}

export class Conductor {
  readonly #options: ConductorOptions;

  constructor(options: ConductorOptions) {
    this.#options = options;
  }

  /** Faults strike until the time is over; those under way are waited for.
   *  @throws Error when the application does not recover, or one of its processes ends by itself */
  async play(plan: readonly PlannedFault[], untilMs: number): Promise<readonly Occurrence[]> {
    const occurrences: Occurrence[] = [];
    for (let next = 0; next < plan.length && Date.now() < untilMs;) {
      const together = plan.slice(next, plan[next + 1]?.overlaps === true ? next + 2 : next + 1);
      occurrences.push(...(await this.#playTogether(together)));
      next += together.length;
    }
    return occurrences;
  }

  async #playTogether(faults: readonly PlannedFault[]): Promise<readonly Occurrence[]> {
    const playing: Promise<Occurrence>[] = [];
    for (const fault of faults) {
      await delay(fault.gapMs);
      playing.push(this.#playOne(fault, faults.length === 1));
    }
    return Promise.all(playing);
  }

  async #playOne(planned: PlannedFault, alone: boolean): Promise<Occurrence> {
    const { parts, recovery, say } = this.#options;
    const fault = makeFault(parts, planned);
    const name = describePlanned(planned);
    say(name);
    const struckAtMs = Date.now();
    const recovered = recovery.after(struckAtMs);
    await fault.strike();
    await delay(planned.holdMs);
    await fault.heal();
    const heldSeconds = (Date.now() - struckAtMs) / 1_000;
    const recoverySeconds = await this.#inTime(recovered, name);
    say(
      `${planned.number}. over: healed after ${heldSeconds.toFixed(1)} s, committed after ${recoverySeconds.toFixed(1)} s`,
    );
    return { planned, heldSeconds, recoverySeconds, alone };
  }

  async #inTime(recovered: Promise<number>, name: string): Promise<number> {
    const timer = new AbortController();
    const late = delay(RECOVERY_TIMEOUT_MS, 'late' as const, { signal: timer.signal });
    late.catch(() => undefined); // called off
    const first = await Promise.race([recovered, late, this.#untilOneEnds(timer.signal)]);
    timer.abort();
    if (first !== 'late') return first;
    throw new Error(`Nothing was committed for ${RECOVERY_TIMEOUT_MS / 1_000} s after: ${name}`);
  }

  /** Never resolves; rejects when a process has ended by itself. */
  async #untilOneEnds(signal: AbortSignal): Promise<never> {
    while (!signal.aborted) {
      this.#options.parts.assertRunning();
      await delay(250);
    }
    return new Promise<never>(() => {});
  }
}
