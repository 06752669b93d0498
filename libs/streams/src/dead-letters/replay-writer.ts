/** Writes replays, each with its entry of the audit, in one transaction.
 *  W1 Replayed and not audited, or audited and not replayed, is not seen by anybody.
 *  W2 One replay of a dead-letter topic at a time: `open` fences the one before, whose open transaction is aborted. What the audit says
 *     after `open` holds until somebody else opens, and then nothing more is written here. So two who replay the same letter cannot
 *     both have seen that it had not been replayed.
 *  W3 A commit whose answer was lost is looked up in the audit. */
import { LogError, type LogPort, type Transaction, type TransactionalWriter } from '../ports/log.ts';
import { RecordCollector } from '../sink/record-collector.ts';
import { encodeAuditEntry, type ReplayAudit, type ReplayAuditEntry } from './replay-audit.ts';
import { replayHeaders } from './replay-headers.ts';
import { placeOf, type PlannedReplay } from './replay-planner.ts';

export interface ReplayWriting {
  readonly log: LogPort;
  readonly audit: ReplayAudit;
  readonly deadLetterTopic: string;
  readonly replayId: string;
  readonly by: string;
  readonly nowMs: () => number;
}

/** As the engine's; a broker aborts what takes longer, and until then readers of the topics are held up. */
const TRANSACTION_TIMEOUT_MS = 10_000;

export class ReplayWriter {
  readonly #writing: ReplayWriting;
  readonly #writer: TransactionalWriter;

  constructor(writing: ReplayWriting) {
    this.#writing = writing;
    this.#writer = writing.log.transactionalWriter({
      transactionalId: `${writing.deadLetterTopic}-replay`,
      transactionTimeoutMs: TRANSACTION_TIMEOUT_MS,
    });
  }

  /** Plans that were made before are to be made again: somebody else may have replayed meanwhile. */
  async open(): Promise<readonly ReplayAuditEntry[]> {
    await this.#writer.open();
    return this.#writing.audit.readOn(this.#writing.replayId);
  }

  /** All of them, or none. @throws LogError; `open` before going on */
  async write(planned: readonly PlannedReplay[]): Promise<readonly ReplayAuditEntry[]> {
    const transaction = this.#writer.begin();
    const { entries, outcome } = await this.#end(transaction, planned);
    if (outcome === 'aborted') throw this.#notCommitted('its transaction was aborted');
    if (outcome === 'unknown' && !(await this.#isCommitted(entries)))
      throw this.#notCommitted('the log was away when its transaction was to be committed');
    for (const { letter } of entries) this.#writing.audit.add(letter);
    return entries;
  }

  async close(): Promise<void> {
    await this.#writer.close();
  }

  /** One that fails is aborted at once: until then it would hold up who reads the topics. */
  async #end(transaction: Transaction, planned: readonly PlannedReplay[]) {
    try {
      const entries = await this.#send(transaction, planned);
      return { entries, outcome: await transaction.commit() };
    } catch (error) {
      await transaction.abort().catch(() => undefined);
      throw error;
    }
  }

  async #send(transaction: Transaction, planned: readonly PlannedReplay[]): Promise<ReplayAuditEntry[]> {
    const { audit, replayId, by, nowMs } = this.#writing;
    const atMs = nowMs();
    const records = new RecordCollector(Infinity); // one batch a partition, so that its offsets are in a row
    for (const { letter, to, record, count } of planned) {
      const headers = [...record.headers, ...replayHeaders({ letter, count, by, atMs })];
      records.topic(to.topic).append(to.partition, record.key, record.value, letter.timestampMs, headers);
    }
    const batches = records.take();
    const ends = await transaction.send(batches);
    const next = new Map(
      batches.map(({ topic, partition, records: { count } }) => {
        const end = ends.find((one) => one.topic === topic && one.partition === partition)!;
        return [`${topic}/${partition}`, end.offset - count];
      }),
    );
    const time = new Date(atMs).toISOString();
    const entries = planned.map(({ letter, to, count, forced, again, edit }): ReplayAuditEntry => {
      const at = `${to.topic}/${to.partition}`;
      const offset = next.get(at)!;
      next.set(at, offset + 1);
      const [place, target] = [placeOf(letter), { ...to, offset }];
      return {
        replayId,
        letter: place,
        source: letter.source,
        to: target,
        by,
        time,
        count,
        forced,
        again,
        edit,
      };
    });
    for (const entry of entries) {
      const { key, value } = encodeAuditEntry(entry);
      records.topic(audit.topic).append(0, key, value, atMs);
    }
    await transaction.send(records.take());
    return entries;
  }

  async #isCommitted(entries: readonly ReplayAuditEntry[]): Promise<boolean> {
    const [first] = entries;
    const own = await this.open();
    return own.some(
      ({ letter }) => letter.partition === first!.letter.partition && letter.offset === first!.letter.offset,
    );
  }

  #notCommitted(why: string): LogError {
    return new LogError(
      { kind: 'abortable' },
      `Cannot go on with the replay from ${this.#writing.deadLetterTopic}: ${why}. What was replayed before is in the audit; run it again for the rest.`,
    );
  }
}
