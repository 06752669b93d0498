/** Draws faults by chance. A schedule uses only some of the kinds (swarm testing, Groce et al. 2012): each kind gets schedules in
 *  which others do not drown it. */
import type { Operation } from '../kernel/network.ts';
import type { Random } from '../kernel/random.ts';
import { COMMIT_STEPS } from '@hiveframe/streams-testing';
import type { Fault, RequestEffect, Service, TimedFault } from './fault.ts';

export interface FaultProfile {
  readonly kinds: readonly Fault['kind'][];
  readonly operations: readonly Operation[];
  readonly effects: readonly RequestEffect[];
}

export const ALL_FAULTS: FaultProfile = {
  kinds: [
    'crash',
    'restart',
    'freeze',
    'cut',
    'expireMember',
    'rebalance',
    'expireTransactions',
    'rollBack',
    'wipe',
    'compact',
    'deleteOld',
    'step',
    'request',
    'request',
    'request',
  ],
  operations: [
    'describe',
    'offsets',
    'committed',
    'fetch',
    'open',
    'send',
    'send',
    'addOffsets',
    'addOffsets',
    'commit',
    'commit',
    'commit',
    'abort',
    'join',
    'sync',
    'heartbeat',
    'commitOffsets',
    'storeOpen',
    'storeRead',
    'storeFlush',
    'storeFlush',
  ],
  effects: [
    'loseRequest',
    'loseAnswer',
    'slowRequest',
    'slowAnswer',
    'crashBefore',
    'crashAfter',
    'freezeAfter',
  ],
};

export interface Span {
  readonly instances: number;
  /** Faults happen before this. */
  readonly untilMs: number;
}

const MOST_FAULTS = 10;
/** How often a schedule asks for each, about. */
const USUAL_COUNTS: Readonly<Record<Operation, number>> = {
  describe: 20,
  create: 3,
  offsets: 20,
  committed: 7,
  deleteRecords: 1,
  deleteTopics: 1,
  fetch: 90,
  open: 6,
  send: 25,
  addOffsets: 14,
  commit: 14,
  abort: 1,
  join: 6,
  sync: 6,
  heartbeat: 25,
  leave: 1,
  commitOffsets: 25,
  storeOpen: 4,
  storeRead: 6,
  storeFlush: 15,
  storeClear: 1,
};
const SERVICES: readonly Service[] = ['log', 'group', 'store'];

export function drawFaults(random: Random, profile: FaultProfile, span: Span): Fault[] {
  const kinds = profile.kinds.filter(() => random.chance(0.5));
  const chosen = kinds.length > 0 ? kinds : [random.pick(profile.kinds)];
  const count = random.whole(1, MOST_FAULTS);
  return Array.from({ length: count }, () => drawFault(random, random.pick(chosen), profile, span));
}

function drawFault(random: Random, kind: Fault['kind'], profile: FaultProfile, span: Span): Fault {
  if (kind === 'step') {
    const step = random.pick(COMMIT_STEPS);
    const effect = random.pick(['crash', 'freeze'] as const);
    return { kind, step, nth: random.whole(1, USUAL_COUNTS.commit), effect, ms: duration(random) };
  }
  if (kind === 'request') {
    const operation = random.pick(profile.operations);
    return {
      kind,
      operation,
      nth: random.whole(1, USUAL_COUNTS[operation]),
      effect: random.pick(profile.effects),
      ms: duration(random),
    };
  }
  return drawTimed(random, kind, span);
}

function drawTimed(random: Random, kind: TimedFault['kind'], { instances, untilMs }: Span): TimedFault {
  const atMs = random.between(0, untilMs);
  const instance = random.whole(0, instances - 1);
  switch (kind) {
    case 'crash':
    case 'restart':
      return { kind, atMs, instance, downMs: duration(random) };
    case 'freeze':
      return { kind, atMs, instance, forMs: duration(random) };
    case 'cut':
      return {
        kind,
        atMs,
        instance: random.chance(0.3) ? -1 : instance,
        service: random.pick(SERVICES),
        forMs: duration(random),
      };
    case 'expireMember':
      return { kind, atMs, instance };
    case 'rollBack':
      return { kind, fromMs: random.between(0, atMs), atMs };
    case 'rebalance':
    case 'expireTransactions':
    case 'wipe':
    case 'compact':
    case 'deleteOld':
      return { kind, atMs };
  }
}

/** Mostly short, sometimes longer than every timeout. */
function duration(random: Random): number {
  return 5 + 1_500 * random.fraction() ** 2;
}
