/** The dead letters of an application: listed, looked at, and replayed, by way of the log alone; the application may run or not. */
import { randomUUID } from 'node:crypto';
import { ConfigError } from '../errors/streams.error.ts';
import { LogError, type LogPort } from '../ports/log.ts';
import type { Topology } from '../topology/topology.ts';
import { committedRecords, committedRecordsAt } from './committed-records.ts';
import { checkEdit, type DeadLetterEdit } from './dead-letter-edit.ts';
import { toDeadLetterRecord, type DeadLetterRecord } from './dead-letter-record.ts';
import {
  checkFilter,
  checkSelection,
  matches,
  type DeadLetterFilter,
  type DeadLetterPlace,
  type DeadLetterSelection,
} from './dead-letter-selection.ts';
import { checkLimit, decodeCursor, encodeCursor, takePage, type Page, type PageOptions } from './pages.ts';
import { decodeAuditEntry, ReplayAudit, auditTopicOf, type ReplayAuditEntry } from './replay-audit.ts';
import { ReplayDecoder } from './replay-decoder.ts';
import { ReplayPlanner } from './replay-planner.ts';
import { ReplayWriter } from './replay-writer.ts';
import { Replay, type ReplayReport } from './replay.ts';

export interface DeadLettersOptions {
  readonly applicationId: string;
  /** Connected. */
  readonly log: LogPort;
  /** `deadLetterTopic` of the application. @defaultValue `<applicationId>-dead-letters` */
  readonly topic?: string | undefined;
  /** Its sources tell whether they decode what is replayed. */
  readonly topology?: Topology | undefined;
  /** The loop guard: a record that was replayed so often, and became a dead letter each time, is refused. @defaultValue 3 */
  readonly maxReplays?: number;
  /** @defaultValue 500 */
  readonly maxRecordsPerTransaction?: number;
  /** Of the audit's topic, where it is not there yet. @defaultValue the broker's */
  readonly replicationFactor?: number | undefined;
  /** @defaultValue the process' clock */
  readonly nowMs?: () => number;
}

export interface ReplayOptions {
  /** Who replays: a text of 1 to 256 characters, for the audit. */
  readonly by: string;
  /** Partitions are chosen by key then. @defaultValue topic and partition from which the record came */
  readonly to?: string | undefined;
  readonly edit?: DeadLetterEdit | undefined;
  /** Only tells what would be written, and what would be refused and why. @defaultValue false */
  readonly dryRun?: boolean;
  /** Also what the loop guard refuses. @defaultValue false */
  readonly force?: boolean;
  /** Also what was replayed before. @defaultValue false */
  readonly again?: boolean;
  /** So many dead letters are looked at that are selected; the report says where to go on. @defaultValue no limit */
  readonly limit?: number | undefined;
  /** Of the report before. */
  readonly cursor?: string | undefined;
  /** Ends it before its next transaction. */
  readonly signal?: AbortSignal | undefined;
}

/** The fields of a filter: see `DeadLetterFilter`. */
export type DeadLetterListOptions = DeadLetterFilter & PageOptions;

export interface ReplayAuditOptions extends PageOptions {
  /** Replays since then, epoch ms. */
  readonly sinceMs?: number;
  /** Only those of this dead letter. */
  readonly letter?: DeadLetterPlace;
}

const MAX_BY = 256;
const PAGE_FIELDS = ['limit', 'cursor'];

export class DeadLetters {
  readonly topic: string;
  readonly auditTopic: string;
  readonly #options: DeadLettersOptions;
  readonly #maxReplays: number;
  readonly #maxRecords: number;

  /** @throws ConfigError */
  constructor(options: DeadLettersOptions) {
    this.#options = options;
    this.topic = options.topic ?? `${options.applicationId}-dead-letters`;
    this.auditTopic = auditTopicOf(this.topic);
    this.#maxReplays = positive('maxReplays', options.maxReplays ?? 3);
    this.#maxRecords = positive('maxRecordsPerTransaction', options.maxRecordsPerTransaction ?? 500);
  }

  /** Partition by partition, the oldest first. @throws ConfigError for a filter or a page that is none */
  async list(options: DeadLetterListOptions = {}): Promise<Page<DeadLetterRecord>> {
    checkFilter(options, PAGE_FIELDS);
    const limit = checkLimit(options.limit);
    const { cursor, sinceMs } = options;
    const records = committedRecords(this.#options.log, this.topic, {
      ...(cursor !== undefined && { from: decodeCursor(cursor) }),
      ...(sinceMs !== undefined && { sinceMs }),
    });
    return takePage(records, limit, (record) => {
      const letter = toDeadLetterRecord(record);
      return matches(letter, options) ? letter : undefined;
    });
  }

  /** null: there is none, or no longer. */
  async get(place: DeadLetterPlace): Promise<DeadLetterRecord | null> {
    for await (const record of committedRecordsAt(this.#options.log, this.topic, [place]))
      return toDeadLetterRecord(record);
    return null;
  }

  /** The oldest first. */
  async audit(options: ReplayAuditOptions = {}): Promise<Page<ReplayAuditEntry>> {
    const limit = checkLimit(options.limit);
    const { cursor, sinceMs, letter } = options;
    const records = committedRecords(this.#options.log, this.auditTopic, {
      ...(cursor !== undefined && { from: decodeCursor(cursor) }),
      ...(sinceMs !== undefined && { sinceMs }),
    });
    return takePage(records, limit, (record) => {
      const entry = decodeAuditEntry(record);
      return letter === undefined || isAt(entry.letter, letter) ? entry : undefined;
    });
  }

  /** Writes the records to where they came from, or to another topic, with the time that they had; see `ReplayWriter` for what holds
   *  after a crash, and when somebody else replays at the same time. Dead letters that come meanwhile are left for the next time.
   *  @throws ConfigError for what cannot be meant; LogError, `fenced` when another replay has begun: what was replayed until then is in
   *  the audit, and the same replay, run again, does the rest */
  async replay(selection: DeadLetterSelection, options: ReplayOptions): Promise<ReplayReport> {
    const checked = checkSelection(selection);
    this.#check(options);
    const { log } = this.#options;
    const { dryRun = false, force = false, again = false, to, edit, signal } = options;
    const replayId = randomUUID();
    const audit = new ReplayAudit(log, this.topic);
    const writer = dryRun ? null : await this.#writer(audit, replayId, options.by);
    try {
      await (writer === null ? audit.readOn(replayId, signal) : writer.open());
      await audit.checkOf(this.topic);
      const decoder = new ReplayDecoder(this.#options.topology, this.#options.applicationId);
      const maxReplays = this.#maxReplays;
      const planner = new ReplayPlanner({
        admin: log.admin,
        audit,
        decoder,
        maxReplays,
        to,
        edit,
        force,
        again,
      });
      const replay = new Replay({ planner, writer, maxRecords: this.#maxRecords, signal });
      const cursor = await this.#addAll(replay, checked, options);
      await replay.flush();
      return { replayId, dryRun, ...replay.report, cursor };
    } catch (error) {
      throw this.#told(error);
    } finally {
      await writer?.close();
    }
  }

  async #writer(audit: ReplayAudit, replayId: string, by: string): Promise<ReplayWriter> {
    const { log, replicationFactor, nowMs = () => Date.now() } = this.#options;
    await audit.create(replicationFactor);
    return new ReplayWriter({ log, audit, deadLetterTopic: this.topic, replayId, by, nowMs });
  }

  /** Gives the cursor where the limit has ended it. */
  async #addAll(replay: Replay, selection: DeadLetterSelection, options: ReplayOptions) {
    const { limit = Infinity, cursor, signal } = options;
    if ('letters' in selection) return this.#addEach(replay, selection.letters, signal);
    const from = cursor === undefined ? {} : { from: decodeCursor(cursor) };
    const since = selection.sinceMs === undefined ? {} : { sinceMs: selection.sinceMs };
    let count = 0;
    for await (const record of committedRecords(this.#options.log, this.topic, {
      ...from,
      ...since,
      signal,
    })) {
      const letter = toDeadLetterRecord(record);
      if (!matches(letter, selection)) continue;
      if (count++ === limit) return encodeCursor(letter);
      await replay.add(letter);
    }
    return null;
  }

  async #addEach(replay: Replay, places: readonly DeadLetterPlace[], signal?: AbortSignal): Promise<null> {
    const missing = new Map(places.map((place) => [encodeCursor(place), place]));
    for await (const record of committedRecordsAt(this.#options.log, this.topic, places, signal)) {
      missing.delete(encodeCursor(record));
      await replay.add(toDeadLetterRecord(record));
    }
    for (const { partition, offset } of missing.values()) {
      const letter = { topic: this.topic, partition, offset };
      replay.refuse({ letter, refusal: 'notFound', message: 'there is no such dead letter, or no longer' });
    }
    return null;
  }

  #check({ by, to, edit, limit }: ReplayOptions): void {
    const refuse = (why: string): never => {
      throw new ConfigError(`Cannot replay from ${this.topic}: ${why}.`);
    };
    if (typeof by !== 'string' || by.trim() === '' || by.length > MAX_BY)
      refuse(`who replays must be said, in ${MAX_BY} characters at most`);
    if (to === this.topic || to === this.auditTopic) refuse(`${to} is no place for its records`);
    if (limit !== undefined) positive('limit', limit);
    if (edit !== undefined) checkEdit(edit);
  }

  #told(error: unknown): unknown {
    if (!(error instanceof LogError) || error.failure.kind !== 'fenced') return error;
    return new LogError(
      error.failure,
      `Cannot go on with the replay from ${this.topic}: somebody else has begun one. What was replayed until then is in ${this.auditTopic}; run it again for the rest.`,
      { cause: error },
    );
  }
}

function isAt(a: DeadLetterPlace, b: DeadLetterPlace): boolean {
  return a.partition === b.partition && a.offset === b.offset;
}

/** @throws ConfigError */
function positive(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new ConfigError(`Cannot work on dead letters: ${name} must be a whole number above 0, is ${value}.`);
}
