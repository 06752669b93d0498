/** What can go wrong. A schedule lists its faults one by one, each independent of the others: leaving one out leaves the rest as
 *  they are, so a failing list can be shortened. */
import type { Operation } from '../kernel/network.ts';
import type { CommitStep } from '@hiveframe/streams-testing';

export type Service = 'log' | 'group' | 'store';

/** Something happens at an instant. */
export type TimedFault =
  /** Everything the instance has in memory is gone. */
  | { readonly kind: 'crash'; readonly atMs: number; readonly instance: number; readonly downMs: number }
  /** It stops orderly, and starts again. */
  | { readonly kind: 'restart'; readonly atMs: number; readonly instance: number; readonly downMs: number }
  /** It stands still, and then goes on where it was: a zombie. */
  | { readonly kind: 'freeze'; readonly atMs: number; readonly instance: number; readonly forMs: number }
  /** Its requests to a service get lost or wait. Instance -1: everybody's (a coordinator is not to be found). */
  | {
      readonly kind: 'cut';
      readonly atMs: number;
      readonly instance: number;
      readonly service: Service;
      readonly forMs: number;
    }
  /** The group puts a member out, which does not know. */
  | { readonly kind: 'expireMember'; readonly atMs: number; readonly instance: number }
  | { readonly kind: 'rebalance'; readonly atMs: number }
  /** Every open transaction has taken too long. */
  | { readonly kind: 'expireTransactions'; readonly atMs: number }
  /** The store server goes back to where it was. */
  | { readonly kind: 'rollBack'; readonly fromMs: number; readonly atMs: number }
  | { readonly kind: 'wipe'; readonly atMs: number }
  /** The brokers compact the changelogs, or delete what retention lets go. */
  | { readonly kind: 'compact'; readonly atMs: number }
  | { readonly kind: 'deleteOld'; readonly atMs: number };

export type RequestEffect =
  | 'loseRequest'
  | 'loseAnswer'
  /** Executed late: perhaps when its sender has long given it up. */
  | 'slowRequest'
  | 'slowAnswer'
  /** The sender dies when it has sent it, or when it was executed. */
  | 'crashBefore'
  | 'crashAfter'
  | 'freezeAfter';

/** Something happens to the n-th request of a kind, counted from 1 over all instances. */
export interface RequestFault {
  readonly kind: 'request';
  readonly operation: Operation;
  readonly nth: number;
  readonly effect: RequestEffect;
  /** How slow, how long frozen, how long down. */
  readonly ms: number;
}

/** Something happens before the n-th commit comes to a step, counted from 1 over all tasks. */
export interface StepFault {
  readonly kind: 'step';
  readonly step: CommitStep;
  readonly nth: number;
  readonly effect: 'crash' | 'freeze';
  readonly ms: number;
}

export type Fault = TimedFault | RequestFault | StepFault;

export function describeFault(fault: Fault): string {
  const { kind, ...rest } = fault;
  const details = Object.entries(rest).map(
    ([name, value]) => `${name} ${typeof value === 'number' ? Math.round(value) : value}`,
  );
  return `${kind}: ${details.join(', ')}`;
}
