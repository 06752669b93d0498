/** What an application computes, and how one sees whether it did. */
import type { Clock, ProcessingGuarantee, Topology } from '@hiveframe/streams';
import type { Evidence } from '../check/evidence.ts';

export interface Scenario {
  readonly name: string;
  readonly guarantee: ProcessingGuarantee;
  /** @defaultValue the one */
  readonly inputs?: readonly string[];
  /** Every partition of the input has a record before any instance starts. @defaultValue false */
  readonly beginsEverywhere?: boolean;
  /** As a process of this clock runs it; where the clock does not matter, always the same. */
  topology(clock: Clock): Topology;
  /** What is wrong with the output, in words; nothing: []. */
  check(evidence: Evidence): string[];
}
