/** One replay: reads the dead letters that are meant, plans each, and writes them transaction by transaction.
 *  R1 What is committed is replayed and audited; the rest is as it was. After a crash the same replay, run again, does the rest.
 *  R2 Holds one transaction's letters, and so many outcomes, however many dead letters there are. */
import { LogError } from '../ports/log.ts';
import type { PartitionOffset, TopicPartition } from '../ports/log.ts';
import type { DeadLetterRecord } from './dead-letter-record.ts';
import type { ReplayAuditEntry } from './replay-audit.ts';
import {
  placeOf,
  type PlannedReplay,
  type RefusedReplay,
  type ReplayPlanner,
  type ReplayRefusal,
} from './replay-planner.ts';
import type { ReplayWriter } from './replay-writer.ts';

export interface ReplayedLetter {
  readonly letter: PartitionOffset;
  /** With the offset at which it lies there, unless nothing was written. */
  readonly to: TopicPartition & { readonly offset?: number };
  /** Which replay of the record it is, from 1. */
  readonly count: number;
  /** Whether the sources of the topology would decode it; null: not known. */
  readonly decodes: boolean | null;
  readonly decodeError?: string;
}

export type ReplayOutcome = ReplayedLetter | RefusedReplay;

export interface ReplayReport {
  /** Of its entries in the audit. */
  readonly replayId: string;
  readonly dryRun: boolean;
  /** In a dry run: those that would be. */
  readonly replayed: number;
  readonly refused: Readonly<Partial<Record<ReplayRefusal, number>>>;
  /** A thousand at most: refusals as they are met, replays as they are committed. */
  readonly outcomes: readonly ReplayOutcome[];
  /** Where to go on, where `limit` has ended it; null: it is complete. */
  readonly cursor: string | null;
}

const MAX_OUTCOMES = 1_000;
const MAX_TRANSACTION_BYTES = 256 * 1024;

export interface ReplayRun {
  readonly planner: ReplayPlanner;
  /** null: a dry run. */
  readonly writer: ReplayWriter | null;
  /** A transaction has at most so many. */
  readonly maxRecords: number;
  readonly signal?: AbortSignal | undefined;
}

export class Replay {
  readonly #run: ReplayRun;
  readonly #refused: Partial<Record<ReplayRefusal, number>> = {};
  readonly #outcomes: ReplayOutcome[] = [];
  #replayed = 0;
  #planned: PlannedReplay[] = [];
  #bytes = 0;

  constructor(run: ReplayRun) {
    this.#run = run;
  }

  async add(letter: DeadLetterRecord): Promise<void> {
    const planned = await this.#run.planner.plan(letter);
    if ('refusal' in planned) return this.refuse(planned);
    const most = Math.min(MAX_TRANSACTION_BYTES, planned.maxBytes);
    if (this.#planned.length > 0 && this.#bytes + planned.sizeBytes > most) await this.flush();
    this.#planned.push(planned);
    this.#bytes += planned.sizeBytes;
    if (this.#planned.length >= this.#run.maxRecords) await this.flush();
  }

  refuse(refused: RefusedReplay): void {
    this.#refused[refused.refusal] = (this.#refused[refused.refusal] ?? 0) + 1;
    this.#tell(refused);
  }

  async flush(): Promise<void> {
    const planned = this.#planned;
    this.#planned = [];
    this.#bytes = 0;
    if (planned.length === 0) return;
    this.#run.signal?.throwIfAborted();
    await this.#write(planned);
  }

  get report(): Pick<ReplayReport, 'replayed' | 'refused' | 'outcomes'> {
    return { replayed: this.#replayed, refused: this.#refused, outcomes: this.#outcomes };
  }

  async #write(planned: readonly PlannedReplay[]): Promise<void> {
    const { writer } = this.#run;
    try {
      const entries = await writer?.write(planned);
      for (const [index, one] of planned.entries()) this.#replay(one, entries?.[index]);
    } catch (error) {
      if (writer === null || !isRefusal(error)) throw error;
      await writer.open();
      if (planned.length > 1) return this.#writeEach(planned);
      this.refuse({ letter: placeOf(planned[0]!.letter), refusal: 'refused', message: error.message });
    }
  }

  /** One of them is to blame: each goes alone, and is planned anew, for somebody else may have replayed it. */
  async #writeEach(planned: readonly PlannedReplay[]): Promise<void> {
    for (const { letter } of planned) {
      const again = await this.#run.planner.plan(letter);
      if ('refusal' in again) this.refuse(again);
      else await this.#write([again]);
    }
  }

  #replay({ letter, to, count, decodes, decodeError }: PlannedReplay, entry?: ReplayAuditEntry): void {
    this.#replayed++;
    this.#tell({
      letter: placeOf(letter),
      to: entry?.to ?? to,
      count,
      decodes,
      ...(decodeError !== undefined && { decodeError }),
    });
  }

  #tell(outcome: ReplayOutcome): void {
    if (this.#outcomes.length < MAX_OUTCOMES) this.#outcomes.push(outcome);
  }
}

/** The topic takes no such record, whoever asks. */
function isRefusal(error: unknown): error is LogError {
  return error instanceof LogError && ['recordTooLarge', 'recordRefused'].includes(error.failure.kind);
}
