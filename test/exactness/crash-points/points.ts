/** The crash points, named by the steps that docs/ARCHITECTURE.md numbers: a process is stopped just before each of them, within the
 *  longest, and behind the last. */
import { COMMIT_STEPS } from '@hiveframe/streams-testing';

/** Of a commit; `done` lies behind the last step. */
export const COMMIT_POINTS = [...COMMIT_STEPS, 'done'] as const;
/** Of taking over a task: `fence` opens the transactional id, `replay` lies within `changelog`, before each piece of it. */
export const TAKEOVER_POINTS = ['fence', 'committed', 'stores', 'changelog', 'replay', 'run'] as const;

export type CommitPoint = (typeof COMMIT_POINTS)[number];
export type TakeoverPoint = (typeof TAKEOVER_POINTS)[number];
export type Point = `commit ${CommitPoint}` | `takeover ${TakeoverPoint}`;

/** Which partition's task came there; the one failpoint of a process is of task 0_0. */
export type PointHook = (point: Point, partition: number) => Promise<void>;

/** kill: SIGKILL. freeze: SIGSTOP, and after SIGCONT it goes on as if nothing had been. lose: the answer to what the step asks for is
 *  taken off the wire and the connection closed. */
export type Effect = 'kill' | 'freeze' | 'lose';

export interface FailpointSpec {
  readonly point: Point;
  /** The how manieth time, from 1. */
  readonly nth: number;
  readonly effect: Effect;
}

/** What the process writes at the instant it happens. */
export function markerOf({ point, nth, effect }: FailpointSpec): string {
  return `FAILPOINT ${effect} at ${point}, time ${nth}`;
}
/** Written when an answer was on the wire and did not get through. */
export const ANSWER_TAKEN = 'ANSWER TAKEN';

/** As the steps are numbered; for titles. */
export const TITLES: Readonly<Record<Point, string>> = {
  'commit output': 'commit, before 1: output and dead letters are sent',
  'commit changelog': 'commit, before 2: the changelog is sent',
  'commit offsets': 'commit, before 3: the offsets are sent',
  'commit end': 'commit, before 4: the transaction is ended',
  'commit stores': 'commit, before 5: the stores take the writes',
  'commit done': 'commit, behind 5',
  'takeover fence': 'takeover, before 1: the transactional id is opened',
  'takeover committed': 'takeover, before 2: the committed offsets are read',
  'takeover stores': 'takeover, before 3: the store partition is opened',
  'takeover changelog': 'takeover, before 4: the changelog is replayed',
  'takeover replay': 'takeover, within 4: a piece of the changelog is applied, others were',
  'takeover run': 'takeover, before 5: it goes on from the committed offsets',
};
