/** Lets the faults of a plan strike under load, and takes the time until the application is through with each. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Parts } from './cluster/parts.ts';
import { specOf, type Part } from './faults/fault-kinds.ts';
import { makeFault } from './faults/make-fault.ts';
import { describePlanned, type PlannedFault } from './plan.ts';
import type { Recovery } from './verify/recovery.ts';

/** Far beyond what any of them takes: the application does not come back. */
const RECOVERY_TIMEOUT_MS = 180_000;

/** What became of a planned fault. */
export interface Occurrence {
  readonly planned: PlannedFault;
  readonly struckAtMs: number;
  /** From the strike until it was healed, as it was. */
  readonly heldSeconds: number;
  /** From the strike until every partition had committed what was written after it. */
  readonly recoverySeconds: number;
}

export interface ConductorOptions {
  readonly parts: Parts;
  readonly recovery: Recovery;
  readonly say: (line: string) => void;
}

/** A fault that has struck. */
interface UnderWay {
  readonly part: Part;
  readonly healed: Promise<void>;
  readonly recovered: Promise<Occurrence>;
}

export class Conductor {
  readonly #options: ConductorOptions;

  constructor(options: ConductorOptions) {
    this.#options = options;
  }

  /** Faults strike until the time is over; then all are waited for.
   *  @throws Error when the application does not recover, or one of its processes ends by itself */
  async play(plan: readonly PlannedFault[], untilMs: number): Promise<readonly Occurrence[]> {
    const struck: UnderWay[] = [];
    for (const planned of plan) {
      await this.#turnOf(planned, struck);
      await delay(planned.gapMs);
      if (Date.now() >= untilMs) break;
      struck.push(this.#strike(planned));
    }
    return Promise.all(struck.map(({ recovered }) => recovered));
  }

  /** Whatever it waits for, no other fault of its part lasts then. */
  async #turnOf({ begins, kind }: PlannedFault, struck: readonly UnderWay[]): Promise<void> {
    const { part } = specOf(kind);
    const heeded = begins === 'when its part is healed' ? struck.filter((one) => one.part === part) : struck;
    await Promise.all(heeded.map(({ healed }) => healed));
    if (begins === 'when all is well') await Promise.all(struck.map(({ recovered }) => recovered));
  }

  #strike(planned: PlannedFault): UnderWay {
    this.#options.say(describePlanned(planned));
    const struckAtMs = Date.now();
    const recovering = this.#options.recovery.after(struckAtMs);
    const healed = this.#strikeAndHeal(planned);
    const recovered = healed.then(() => this.#observe(planned, struckAtMs, Date.now(), recovering));
    recovered.catch(() => undefined); // told when it is waited for
    return { part: specOf(planned.kind).part, healed, recovered };
  }

  async #strikeAndHeal(planned: PlannedFault): Promise<void> {
    const fault = makeFault(this.#options.parts, planned);
    await fault.strike();
    await delay(planned.holdMs);
    await fault.heal();
  }

  async #observe(
    planned: PlannedFault,
    struckAtMs: number,
    healedAtMs: number,
    recovering: Promise<number>,
  ): Promise<Occurrence> {
    const heldSeconds = (healedAtMs - struckAtMs) / 1_000;
    const recoverySeconds = await this.#inTime(recovering, planned);
    const times = `healed after ${heldSeconds.toFixed(1)} s, committed after ${recoverySeconds.toFixed(1)} s`;
    this.#options.say(`${planned.number}. over: ${times}`);
    return { planned, struckAtMs, heldSeconds, recoverySeconds };
  }

  async #inTime(recovering: Promise<number>, planned: PlannedFault): Promise<number> {
    const deadlineMs = Date.now() + RECOVERY_TIMEOUT_MS;
    for (;;) {
      const seconds = await Promise.race([recovering, delay(250)]);
      if (seconds !== undefined) return seconds;
      this.#options.parts.assertRunning();
      if (Date.now() > deadlineMs)
        throw new Error(
          `Not every partition was committed for ${RECOVERY_TIMEOUT_MS / 1_000} s after: ${describePlanned(planned)}`,
        );
    }
  }
}
