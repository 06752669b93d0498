/** The faults of a run, drawn from its seed before it begins: the same seed gives the same plan. */
import { Random } from '../simulation/kernel/random.ts';
import { specOf, type FaultKind, type Range } from './faults/fault-kinds.ts';

/** all is well: the application is through with all former faults. all are healed: their parts are there again, the application is
 *  perhaps still coming back. its part is healed: faults of other parts may still last. */
export type Beginning = 'when all is well' | 'when all are healed' | 'when its part is healed';

export interface PlannedFault {
  readonly number: number;
  readonly kind: FaultKind;
  /** The instance or broker it hits, from 1. */
  readonly target: number;
  /** From the strike until it is healed. */
  readonly holdMs: number;
  readonly begins: Beginning;
  /** From there until it strikes. */
  readonly gapMs: number;
  /** From 0 to 1: what the kind makes of it. */
  readonly chance: number;
}

const GAP_MS: Range = [100, 1_500];
/** As often as they stand here: a broker that starts again keeps those waiting that want all healed. */
const BEGINNINGS: readonly Beginning[] = [
  'when all is well',
  'when all are healed',
  'when its part is healed',
  'when its part is healed',
  'when its part is healed',
  'when its part is healed',
];

/** Kinds come from a deck: each as often as it has cards before any comes again, so that a long run meets all of them. */
export function drawPlan(seed: number, kinds: readonly FaultKind[], count: number): readonly PlannedFault[] {
  const random = new Random(seed, 'chaos');
  const plan: PlannedFault[] = [];
  let deck: FaultKind[] = [];
  while (plan.length < count) {
    if (deck.length === 0) deck = shuffled(random, kinds);
    plan.push(drawFault(random, deck.pop()!, plan.length + 1));
  }
  return plan;
}

function drawFault(random: Random, kind: FaultKind, number: number): PlannedFault {
  const { targets, holdMs } = specOf(kind);
  return {
    number,
    kind,
    target: targets === undefined ? 1 : random.pick(targets),
    holdMs: random.whole(...holdMs),
    begins: random.pick(BEGINNINGS),
    gapMs: random.whole(...GAP_MS),
    chance: random.fraction(),
  };
}

/** Fisher-Yates. */
function shuffled(random: Random, kinds: readonly FaultKind[]): FaultKind[] {
  const deck = kinds.flatMap((kind) => Array.from({ length: specOf(kind).cards }, () => kind));
  for (let last = deck.length - 1; last > 0; last--) {
    const other = random.whole(0, last);
    [deck[last], deck[other]] = [deck[other]!, deck[last]!];
  }
  return deck;
}

/** One line of the plan as it is printed. */
export function describePlanned({ number, kind, target, holdMs, gapMs, begins }: PlannedFault): string {
  const named = specOf(kind).targets === undefined ? kind : kind.replace(' ', ` ${target} `);
  return `${number}. ${named} for ${holdMs} ms, ${gapMs} ms after ${begins.replace('when ', '')}`;
}
