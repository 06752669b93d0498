import { describe, expect, it } from '@jest/globals';
import { FAULT_KINDS, specOf, type FaultKind } from './faults/fault-kinds.ts';
import { describePlanned, drawPlan } from './plan.ts';

const ALL = Object.keys(FAULT_KINDS) as FaultKind[];
const SEEDS = Array.from({ length: 50 }, (_, index) => index + 1);

describe('drawPlan', () => {
  it('gives the same plan for the same seed, another for another', () => {
    expect(drawPlan(7, ALL, 40)).toEqual(drawPlan(7, ALL, 40));
    expect(drawPlan(7, ALL, 40)).not.toEqual(drawPlan(8, ALL, 40));
  });

  it('meets every kind once the deck is through', () => {
    const cards = ALL.reduce((sum, kind) => sum + specOf(kind).cards, 0);
    for (const seed of SEEDS) {
      expect(new Set(drawPlan(seed, ALL, cards).map(({ kind }) => kind))).toEqual(new Set(ALL));
    }
  });

  it('never ends instance 1', () => {
    const killed = SEEDS.flatMap((seed) => drawPlan(seed, ['instance killed'], 20));
    expect(new Set(killed.map(({ target }) => target))).toEqual(new Set([2, 3]));
  });
});

describe('describePlanned', () => {
  it('names whom it hits, how long and when', () => {
    const fault = { number: 4, holdMs: 900, gapMs: 300, target: 2, chance: 0 };
    expect(describePlanned({ ...fault, kind: 'broker frozen', begins: 'when all is well' })).toBe(
      '4. broker 2 frozen for 900 ms, 300 ms after all is well',
    );
    expect(describePlanned({ ...fault, kind: 'redis full', begins: 'when its part is healed' })).toBe(
      '4. redis full for 900 ms, 300 ms after its part is healed',
    );
  });
});
