/** What the log suites share: clients that close themselves, topics and ids that nobody else uses, waiting on conditions. */
import { LogError, type LogFailure, type LogPort, type Membership } from '@hiveframe/streams';
import type { TopicPartition, TransactionalWriter } from '@hiveframe/streams';

/** Long, because a shared cluster may be slow; a test that passes never waits for it. */
export const TEST_TIMEOUT_MS = 60_000;
const CLOSE_TIMEOUT_MS = 10_000;
const TRANSACTION_TIMEOUT_MS = 30_000;

interface Subject {
  log(): Promise<LogPort>;
  uniqueName(prefix: string): string;
}

export class LogHarness {
  readonly #subject: Subject;
  #open: LogPort[] = [];

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  /** A connected client of its own; closed after the test. */
  async log(): Promise<LogPort> {
    const log = await this.#subject.log();
    this.#open.push(log);
    await log.connect(AbortSignal.timeout(TEST_TIMEOUT_MS));
    return log;
  }

  name(prefix: string): string {
    return this.#subject.uniqueName(prefix);
  }

  /** A new topic, whose records stay: those of the suites are years old, and a broker looks for such every few minutes. */
  async topic(log: LogPort, numPartitions = 1, config: Record<string, string> = {}): Promise<string> {
    const topic = this.name('topic');
    await log.admin.create([{ topic, numPartitions, config: { 'retention.ms': '-1', ...config } }]);
    return topic;
  }

  /** Partition 0 of a new topic. */
  async partition(log: LogPort, config: Record<string, string> = {}): Promise<TopicPartition> {
    return { topic: await this.topic(log, 1, config), partition: 0 };
  }

  /** An opened transactional writer, of a new id unless one is given. */
  async transactional(
    log: LogPort,
    transactionalId = this.name('transactional'),
  ): Promise<TransactionalWriter> {
    const writer = log.transactionalWriter({ transactionalId, transactionTimeoutMs: TRANSACTION_TIMEOUT_MS });
    await writer.open();
    return writer;
  }

  async closeAll(): Promise<void> {
    const open = this.#open;
    this.#open = [];
    await Promise.all(open.map((log) => log.close(CLOSE_TIMEOUT_MS)));
  }
}

/** The membership of one who commits without being a member: allowed for a group that has none (KIP-447). */
export function noMembership(groupId: string): Membership {
  return { groupId, generation: -1, memberId: '', instanceId: null };
}

/** What a failed promise asks the engine to do; fails when it resolves or rejects with anything else than a LogError. */
export async function failureOf(promise: Promise<unknown>): Promise<LogFailure> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('value' in outcome) throw new Error(`Expected a LogError, but it resolved.`);
  if (outcome.error instanceof LogError) return outcome.error.failure;
  throw new Error(`Expected a LogError, got ${String(outcome.error)}.`, { cause: outcome.error });
}

export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Asks again until the answer is true. @throws Error naming `what` after 30 s */
export async function eventually(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 30_000;
  while (!(await check())) {
    if (Date.now() > deadlineMs) throw new Error(`Waited 30 s in vain: ${what}.`);
    await delay(20);
  }
}

/** A promise and its resolver, for tests that hold something back. */
export class Gate {
  readonly opened: Promise<void>;
  #resolve!: () => void;
  constructor() {
    this.opened = new Promise((resolve) => (this.#resolve = resolve));
  }
  open(): void {
    this.#resolve();
  }
}
