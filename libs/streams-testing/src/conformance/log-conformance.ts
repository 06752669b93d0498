/** The published conformance suite of the log port: what every adapter must do, said as tests.
 *
 *  It needs nothing but the port, so the same file runs on a broker and on the embedded log. Control records take offsets on
 *  a broker, hence no test says which offset a record has that follows a transaction's end. Every test makes topics, groups
 *  and transactional ids of its own; nothing is cleaned up on the cluster. */
import { afterAll, afterEach, describe } from '@jest/globals';
import type { LogPort } from '@hiveframe/streams';
import { LogHarness } from './log-harness.ts';
import { describeLogAdmin } from './log-admin-suite.ts';
import { describeLogReader } from './log-reader-suite.ts';
import { describeLogPolling } from './log-polling-suite.ts';
import { describeLogWriter } from './log-writer-suite.ts';
import { describeLogTransactions } from './log-transaction-suite.ts';
import { describeLogIsolation } from './log-isolation-suite.ts';
import { describeLogFencing } from './log-fencing-suite.ts';
import { describeLogOffsets } from './log-offsets-suite.ts';
import { describeLogMembership } from './log-membership-suite.ts';
import { describeLogGroups } from './log-group-suite.ts';

/** What differs between clusters, not between adapters. */
export interface LogCapabilities {
  /** The shortest session timeout the cluster grants: Kafka's `group.min.session.timeout.ms`, 6000 by default. */
  readonly minSessionTimeoutMs: number;
}

/** The cluster under test. */
export interface LogUnderTest {
  readonly capabilities: LogCapabilities;
  /** A fresh client of the same cluster, as another process would have one. The suite connects and closes it. */
  log(): Promise<LogPort>;
  /** A name never used before on this cluster, fit for topics, groups and transactional ids. */
  uniqueName(prefix: string): string;
  /** Called once after the last test. */
  stop?(): Promise<void>;
}

/** Declares the suite. `factory` is called at once; start containers in `log()`, not in the factory. */
export function describeLog(name: string, factory: () => LogUnderTest): void {
  describe(`log port: ${name}`, () => {
    const subject = factory();
    const harness = new LogHarness(subject);
    afterEach(() => harness.closeAll(), 30_000);
    afterAll(async () => subject.stop?.(), 60_000);
    describeLogAdmin(harness);
    describeLogReader(harness);
    describeLogPolling(harness);
    describeLogWriter(harness);
    describeLogTransactions(harness);
    describeLogIsolation(harness);
    describeLogFencing(harness);
    describeLogOffsets(harness);
    describeLogGroups(harness, subject.capabilities);
    describeLogMembership(harness);
  });
}
