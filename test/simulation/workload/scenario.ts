/** What an application computes, and how one sees whether it did. */
import type { ProcessingGuarantee, Topology } from '@hiveframe/streams';
import type { Evidence } from '../check/evidence.ts';

export interface Scenario {
  readonly name: string;
  readonly guarantee: ProcessingGuarantee;
  /** Declared once, run by every instance. */
  readonly topology: Topology;
  /** What is wrong with the output, in words; nothing: []. */
  check(evidence: Evidence): string[];
}
