/** Writes requests into one topic, each whole or not at all, and many in one transaction: what comes while a transaction is under way
 *  makes up the next one.
 *  W1 A request is acknowledged when the transaction that carries it is committed.
 *  W2 One that is not written by its deadline is given up. If its transaction had not begun it is not written, then or later; else
 *     nobody here knows, and the failure says so.
 *  W3 A transaction that is known to have failed is tried again until the deadlines of its requests. A record that the topic refuses
 *     fails its own request only.
 *  W4 The transactional id is this writer's alone, for ever: two instances of a service never fence each other. */
import {
  LogError,
  type LogPort,
  type OutputBatch,
  type Transaction,
  type TransactionalWriter,
} from '@hiveframe/streams';
import { TopicBatches, type EncodedRecord } from '@hiveframe/streams-connect';
import { NotWrittenError, OutcomeUnknownError } from './ingest.errors.ts';

export interface IngestWriterOptions {
  readonly log: LogPort;
  readonly topic: ConstructorParameters<typeof TopicBatches>[0];
  readonly transactionalId: string;
  readonly timeoutMs: number;
}

/** As the engine's; a broker aborts what takes longer, and until then its readers are held up. */
const TRANSACTION_TIMEOUT_MS = 10_000;
/** Requests that share a transaction, beyond the first. */
const MAX_TRANSACTION_BYTES = 1024 * 1024;
/** Before the log is tried again. */
const RETRY_AFTER_MS = 100;

interface Request {
  readonly records: readonly EncodedRecord[];
  readonly sizeBytes: number;
  readonly settled: PromiseWithResolvers<void>;
  /** waiting → written → done; back to waiting when its transaction is known to have failed. */
  state: 'waiting' | 'written' | 'done';
  timer?: NodeJS.Timeout;
  lastError?: unknown;
}

export class IngestWriter {
  readonly #options: IngestWriterOptions;
  readonly #batches: TopicBatches;
  readonly #closing = new AbortController();
  #writer: TransactionalWriter | null = null;
  #isOpen = false;
  #waiting: Request[] = [];
  #running: Promise<void> | null = null;

  constructor(options: IngestWriterOptions) {
    this.#options = options;
    this.#batches = new TopicBatches(options.topic);
  }

  /** Resolves when all of the records are committed. @throws NotWrittenError, OutcomeUnknownError, LogError for what the topic refuses */
  write(records: readonly EncodedRecord[]): Promise<void> {
    const sizeBytes = records.reduce((sum, record) => sum + record.sizeBytes, 0);
    const request: Request = { records, sizeBytes, settled: Promise.withResolvers(), state: 'waiting' };
    if (this.#closing.signal.aborted) return Promise.reject(new NotWrittenError(this.#options.topic.topic));
    request.timer = setTimeout(() => this.#giveUp(request), this.#options.timeoutMs);
    this.#waiting.push(request);
    this.#running ??= this.#run();
    return request.settled.promise;
  }

  /** Waits for what was written; what still waits then is given up. */
  async close(timeoutMs: number): Promise<void> {
    const timer = setTimeout(() => {
      for (const request of this.#waiting) this.#giveUp(request);
    }, timeoutMs);
    this.#closing.abort();
    const late = new Promise<void>((resolve) => setTimeout(resolve, timeoutMs + RETRY_AFTER_MS).unref());
    await Promise.race([this.#running, late]);
    clearTimeout(timer);
    await this.#writer?.close();
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // what is written in one go goes in one transaction
    for (let requests = this.#next(); requests.length > 0; requests = this.#next()) {
      try {
        await this.#commit(requests);
      } catch (error) {
        await this.#failed(requests, error);
      }
    }
    this.#running = null;
  }

  /** Those whose turn it is, in order. */
  #next(maxBytes = MAX_TRANSACTION_BYTES): Request[] {
    this.#waiting = this.#waiting.filter(({ state }) => state === 'waiting');
    let bytes = 0;
    const beyond = this.#waiting.findIndex(({ sizeBytes }, index) => {
      bytes += sizeBytes;
      return index > 0 && bytes > maxBytes;
    });
    return this.#waiting.slice(0, beyond === -1 ? undefined : beyond);
  }

  async #commit(requests: readonly Request[]): Promise<void> {
    const writer = await this.#open();
    const due = requests.filter(({ state }) => state === 'waiting'); // the log may have been away for long
    if (due.length === 0) return;
    const batches = this.#batch(due);
    const transaction = writer.begin();
    for (const request of due) request.state = 'written';
    const outcome = await this.#end(transaction, batches);
    if (outcome === 'aborted')
      throw new LogError(
        { kind: 'abortable' },
        `A transaction of ${this.#options.transactionalId} was aborted.`,
      );
    const unknown = outcome === 'unknown' ? new OutcomeUnknownError(this.#options.topic.topic) : undefined;
    if (unknown !== undefined) this.#isOpen = false;
    for (const request of due) this.#settle(request, unknown);
  }

  #batch(requests: readonly Request[]): OutputBatch[] {
    for (const { records } of requests) for (const record of records) this.#batches.append(record);
    return this.#batches.take();
  }

  /** One that fails is aborted at once: until then it would hold up who reads the topic. */
  async #end(transaction: Transaction, batches: readonly OutputBatch[]): ReturnType<Transaction['commit']> {
    try {
      await transaction.send(batches);
      return await transaction.commit();
    } catch (error) {
      await transaction.abort().catch(() => undefined);
      throw error;
    }
  }

  async #open(): Promise<TransactionalWriter> {
    const { log, transactionalId } = this.#options;
    const transactionTimeoutMs = TRANSACTION_TIMEOUT_MS;
    this.#writer ??= log.transactionalWriter({ transactionalId, transactionTimeoutMs });
    if (!this.#isOpen) await this.#writer.open();
    this.#isOpen = true;
    return this.#writer;
  }

  /** Known not to be committed: W3. Opening anew ends whatever is left of the transaction. */
  async #failed(requests: readonly Request[], error: unknown): Promise<void> {
    this.#isOpen = false;
    if (error instanceof LogError && isRefusal(error)) return this.#refuse(requests, error);
    for (const request of requests) {
      request.lastError = error;
      if (request.state === 'written') request.state = 'waiting';
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER_MS).unref());
  }

  /** One of them is to blame: each goes alone. */
  async #refuse(requests: readonly Request[], error: LogError): Promise<void> {
    for (const request of requests) if (request.state === 'written') request.state = 'waiting';
    if (requests.length === 1) return this.#settle(requests[0]!, error);
    for (const request of requests) {
      await this.#commit([request]).catch((alone: unknown) => this.#failed([request], alone));
    }
  }

  #giveUp(request: Request): void {
    const { topic } = this.#options.topic;
    const options = { cause: request.lastError };
    const isUnknown = request.state === 'written';
    this.#settle(request, isUnknown ? new OutcomeUnknownError(topic) : new NotWrittenError(topic, options));
  }

  #settle(request: Request, error?: Error): void {
    if (request.state === 'done') return;
    request.state = 'done';
    clearTimeout(request.timer);
    if (error === undefined) request.settled.resolve();
    else request.settled.reject(error);
  }
}

/** The topic takes no such record, whoever asks: another try cannot mend it. */
function isRefusal({ failure }: LogError): boolean {
  return ['recordTooLarge', 'recordRefused', 'unauthorized', 'unusable'].includes(failure.kind);
}
