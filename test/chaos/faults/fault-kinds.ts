/** The kinds of faults there are: what they break, how often they are drawn, how long they last. */

/** Never do two faults of one part last together, so that what follows can always be mended. */
export type Part = 'instance' | 'broker' | 'redis';

/** From, to: both inclusive. */
export type Range = readonly [number, number];

interface FaultKindSpec {
  readonly part: Part;
  /** How often it lies in the deck that is drawn from. */
  readonly cards: number;
  /** Which instances or brokers it may hit; absent: there is only one. */
  readonly targets?: readonly number[];
  /** From the strike until it is healed. */
  readonly holdMs: Range;
}

/** Instance 1 is never ended, so that its memory tells of the whole run; frozen it is like the others. */
const ENDED = [2, 3];
const ALL = [1, 2, 3];

export const FAULT_KINDS = {
  'instance killed': { part: 'instance', cards: 3, targets: ENDED, holdMs: [0, 2_000] },
  // Beyond the session timeout (10 s): the others take its tasks, and it wakes as a zombie.
  'instance frozen': { part: 'instance', cards: 2, targets: ALL, holdMs: [11_000, 14_000] },
  // Shorter: it comes back as the member it was, with a transaction as old as the freeze.
  'instance paused': { part: 'instance', cards: 1, targets: ALL, holdMs: [3_000, 8_000] },
  'scaled 3 to 1 to 3': { part: 'instance', cards: 2, holdMs: [500, 4_000] },
  // A broker takes its time to start again, and others of its part wait for it: few of these.
  'broker killed': { part: 'broker', cards: 1, targets: ALL, holdMs: [500, 10_000] },
  'broker stopped': { part: 'broker', cards: 1, targets: ALL, holdMs: [500, 4_000] },
  // The controller misses a broker after 9 s: shorter, it is waited for; longer, others lead in its place.
  'broker frozen': { part: 'broker', cards: 2, targets: ALL, holdMs: [2_000, 12_000] },
  'redis restarted': { part: 'redis', cards: 2, holdMs: [0, 1_500] },
  'redis killed': { part: 'redis', cards: 3, holdMs: [0, 1_500] },
  'redis flushed': { part: 'redis', cards: 3, holdMs: [0, 0] },
  'redis rolled back': { part: 'redis', cards: 4, holdMs: [0, 500] },
  'redis stalled': { part: 'redis', cards: 1, holdMs: [10_000, 10_000] },
  'redis full': { part: 'redis', cards: 2, holdMs: [1_000, 6_000] },
} as const satisfies Readonly<Record<string, FaultKindSpec>>;

export type FaultKind = keyof typeof FAULT_KINDS;

export function specOf(kind: FaultKind): FaultKindSpec {
  return FAULT_KINDS[kind];
}
