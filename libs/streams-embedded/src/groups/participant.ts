import type { Bytes, LogError, MemberAssignment, MemberInfo } from '@hiveframe/streams';

/** What a group knows of a member, and tells it. None of these calls waits for the member. */
export interface Participant {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly topics: readonly string[];
  readonly rebalanceTimeoutMs: number;
  memberData(): Bytes;
  assign(
    members: readonly MemberInfo[],
    partitionCounts: ReadonlyMap<string, number>,
  ): ReadonlyMap<string, MemberAssignment>;
  /** Give up what you have and join again, before the deadline (epoch ms). */
  rebalance(deadlineMs: number): void;
  /** You are out; join anew if you like. */
  lose(error: LogError): void;
  /** You are out for good. */
  fail(error: unknown): void;
}
