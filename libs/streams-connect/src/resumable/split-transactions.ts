/** The transactions of one split, in the hands of one owner.
 *  T1 To open is to fence: whoever had the split before can commit nothing any more, and only then the position is read.
 *  T2 A batch is in one transaction with the position behind it, whole: what cannot be encoded leaves nothing of its batch. */
import { LogError, type TransactionalWriter } from '@hiveframe/streams';
import { TopicBatches } from '../source/topic-batches.ts';
import { TopicEncoder, type EncodedRecord } from '../source/topic-encoder.ts';
import type { ResolvedResumableOptions } from './resumable-options.ts';
import type { RejectedEvent, SourceBatch } from './resumable-source.ts';
import { SourceDeadLetters } from './source-dead-letters.ts';
import { SplitPositions } from './split-positions.ts';

/** What a batch counts for beside its events, so that empty ones come to an end too. */
const POSITION_BYTES = 64;

export class SplitTransactions<T, K, P> {
  /** When it was opened; null: nothing was committed before. */
  readonly position: P | null;
  readonly #options: ResolvedResumableOptions<T, K, P>;
  readonly #split: number;
  readonly #positions: SplitPositions<P>;
  readonly #encoder: TopicEncoder<K | null, T>;
  readonly #batches: TopicBatches;
  readonly #writer: TransactionalWriter;
  #deadLetters: SourceDeadLetters | null = null;
  #pendingBytes = 0;
  /** Behind what is pending. */
  #next: { readonly position: P } | null = null;

  /** @throws LogError */
  static async open<T, K, P>(
    options: ResolvedResumableOptions<T, K, P>,
    split: number,
    signal: AbortSignal,
  ): Promise<SplitTransactions<T, K, P>> {
    const { log, groupId, transactionTimeoutMs, topic } = options;
    const encoder = await TopicEncoder.open<K | null, T>(log, topic as never);
    const transactionalId = `${groupId}-${split}`;
    const writer = log.transactionalWriter({ transactionalId, transactionTimeoutMs });
    try {
      await writer.open();
      const position = await new SplitPositions(options).read(split, signal);
      return new SplitTransactions(options, split, encoder, writer, position);
    } catch (error) {
      await writer.close();
      throw error;
    }
  }

  private constructor(
    options: ResolvedResumableOptions<T, K, P>,
    split: number,
    encoder: TopicEncoder<K | null, T>,
    writer: TransactionalWriter,
    position: P | null,
  ) {
    this.position = position;
    this.#options = options;
    this.#split = split;
    this.#positions = new SplitPositions(options);
    this.#encoder = encoder;
    this.#batches = new TopicBatches(encoder);
    this.#writer = writer;
  }

  /** What the next commit takes, encoded. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }
  get hasPending(): boolean {
    return this.#next !== null;
  }

  /** Takes a batch for the next commit. @throws what its events cannot be encoded for, or why it was rejected under `fail` */
  async append({ events, position, rejected = [] }: SourceBatch<T, P>): Promise<void> {
    const encoded = events.map((event) => this.#encode(event)); // T2: before the first is appended
    const letters = rejected.length === 0 ? [] : await this.#encodeRejected(rejected);
    for (const record of encoded) this.#batches.append(record);
    for (const letter of letters) this.#deadLetters!.append(letter);
    for (const { sizeBytes } of encoded) this.#pendingBytes += sizeBytes;
    for (const { sizeBytes } of letters) this.#pendingBytes += sizeBytes;
    this.#pendingBytes += POSITION_BYTES;
    this.#next = { position };
  }

  #encode(event: T): EncodedRecord {
    const { key, timestampMs } = this.#options;
    return this.#encoder.encode({ key: key(event), value: event, timestampMs: timestampMs(event) });
  }

  async #encodeRejected(rejected: readonly RejectedEvent[]): Promise<EncodedRecord[]> {
    const letters = rejected.filter((one) => this.#isDeadLetter(one));
    if (letters.length === 0) return [];
    const output = (this.#deadLetters ??= await SourceDeadLetters.open(this.#options));
    return letters.map((one) => output.encode(one));
  }

  #isDeadLetter(rejected: RejectedEvent): boolean {
    const { onRejected, logger, name } = this.#options;
    const response = typeof onRejected === 'function' ? onRejected(rejected) : onRejected;
    if (response === 'fail') throw rejected.reason;
    logger.log('warn', `Source ${name} gave what is no event (${response}): ${rejected.reason.message}`);
    return response === 'deadLetter';
  }

  /** @throws LogError: then nobody here knows whether it is committed, and the position says so when the split is opened anew */
  async commit(): Promise<void> {
    if (this.#next === null) return;
    const position = this.#positions.batchOf(this.#split, this.#next.position);
    const batches = [...this.#batches.take(), ...(this.#deadLetters?.take() ?? []), position];
    this.#next = null;
    this.#pendingBytes = 0;
    const transaction = this.#writer.begin();
    try {
      await transaction.send(batches);
      const outcome = await transaction.commit();
      if (outcome !== 'committed') throw this.#notCommitted(outcome);
    } catch (error) {
      await transaction.abort().catch(() => undefined); // until it is ended it would hold up who reads the topic
      throw error;
    }
  }

  #notCommitted(outcome: 'aborted' | 'unknown'): LogError {
    const why = outcome === 'aborted' ? 'the broker has aborted it' : 'its answer was lost';
    return new LogError({ kind: 'abortable' }, `Cannot tell that a transaction is committed: ${why}.`);
  }

  /** What is pending is given up. */
  async close(): Promise<void> {
    await this.#writer.close();
  }
}
