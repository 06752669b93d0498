/** Who replayed what, when, and to where: a topic beside the dead letters, a record for each replay, in the transaction that replays. It is
 *  also what says that a dead letter was replayed, so it is kept for ever, and not compacted: a letter that was replayed twice has two. */
import { LogError, type LogPort, type PartitionOffset } from '../ports/log.ts';
import type { Bytes } from '../record/record.ts';
import { committedRecords } from './committed-records.ts';
import type { RawDeadLetter } from './dead-letter-record.ts';
import type { DeadLetterPlace } from './dead-letter-selection.ts';
import { OffsetSet } from './offset-set.ts';

/** `sha256:<hex>` of the bytes before and after, null for null; the bytes themselves are not kept. */
export interface ChangedBytes {
  readonly before: string | null;
  readonly after: string | null;
}

export interface ReplayAuditEntry {
  /** The same for all that one call replayed. */
  readonly replayId: string;
  readonly letter: PartitionOffset;
  readonly source: PartitionOffset | null;
  /** Where it was written. */
  readonly to: PartitionOffset;
  readonly by: string;
  /** ISO 8601. */
  readonly time: string;
  /** Which replay of the record it was, from 1. */
  readonly count: number;
  /** It had been replayed as often as the loop guard allows. */
  readonly forced: boolean;
  /** This dead letter had been replayed before. */
  readonly again: boolean;
  /** The parts that an edit has changed; null: there was no edit. */
  readonly edit: { readonly [part in 'key' | 'value' | 'headers']?: ChangedBytes } | null;
}

const FORMAT = 1;

export function auditTopicOf(deadLetterTopic: string): string {
  return `${deadLetterTopic}-audit`;
}

export function encodeAuditEntry(entry: ReplayAuditEntry): { readonly key: Bytes; readonly value: Bytes } {
  const { topic, partition, offset } = entry.letter;
  return {
    key: Buffer.from(`${topic}-${partition}@${offset}`),
    value: Buffer.from(JSON.stringify({ format: FORMAT, ...entry })),
  };
}

/** @throws LogError, `unusable`, for what is none, or of a later version */
export function decodeAuditEntry({ topic, partition, offset, rawValue }: RawDeadLetter): ReplayAuditEntry {
  const where = `${topic}-${partition} at offset ${offset}`;
  let entry: Partial<ReplayAuditEntry & { readonly format: number }> | null;
  try {
    entry = JSON.parse(Buffer.from(rawValue ?? []).toString()) as typeof entry;
  } catch (cause) {
    throw unusable(`Cannot read ${where}: it is no record of a replay.`, cause);
  }
  const { format, ...rest } = entry ?? {};
  if (typeof format !== 'number' || rest.letter === undefined)
    throw unusable(`Cannot read ${where}: it is no record of a replay. Who else writes this topic?`);
  if (format <= FORMAT) return rest as ReplayAuditEntry;
  throw unusable(
    `Cannot read ${where}: a later version of this toolkit wrote it (format ${format}). Update @hiveframe/streams.`,
  );
}

/** What has been replayed, as far as the audit has been read. */
export class ReplayAudit {
  readonly topic: string;
  readonly #log: LogPort;
  readonly #replayed = new OffsetSet();
  readonly #highest = new Map<number, number>();
  #position = 0;

  constructor(log: LogPort, deadLetterTopic: string) {
    this.#log = log;
    this.topic = auditTopicOf(deadLetterTopic);
  }

  hasReplayed({ partition, offset }: DeadLetterPlace): boolean {
    return this.#replayed.has(partition, offset);
  }

  add({ partition, offset }: DeadLetterPlace): void {
    this.#replayed.add(partition, offset);
    this.#highest.set(partition, Math.max(offset, this.#highest.get(partition) ?? 0));
  }

  /** To the end; gives what of `replayId` came. */
  async readOn(replayId: string, signal?: AbortSignal): Promise<readonly ReplayAuditEntry[]> {
    const from = { partition: 0, offset: this.#position };
    const own: ReplayAuditEntry[] = [];
    for await (const record of committedRecords(this.#log, this.topic, { from, signal })) {
      const entry = decodeAuditEntry(record);
      this.add(entry.letter);
      if (entry.replayId === replayId) own.push(entry);
      this.#position = record.offset + 1;
    }
    return own;
  }

  /** Replayed letters beyond the end of the topic were of another topic of that name. @throws LogError, `unusable` */
  async checkOf(deadLetterTopic: string): Promise<void> {
    if (this.#highest.size === 0) return;
    const at = Array.from(this.#highest.keys(), (partition) => ({ topic: deadLetterTopic, partition }));
    const described = (await this.#log.admin.describe([deadLetterTopic])).get(deadLetterTopic);
    const there = at.filter(({ partition }) => partition < (described?.numPartitions ?? 0));
    const ends = there.length === 0 ? [] : await this.#log.admin.offsets(there, 'end');
    if (there.length === at.length && ends.every((end) => end.offset > this.#highest.get(end.partition)!))
      return;
    throw unusable(
      `Cannot replay from ${deadLetterTopic}: ${this.topic} knows of replays beyond its end, so the topic was made anew. Delete ${this.topic}: what it says is of letters that are gone.`,
    );
  }

  async create(replicationFactor: number | undefined): Promise<void> {
    if ((await this.#log.admin.describe([this.topic])).has(this.topic)) return;
    const config = { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' };
    const replication = replicationFactor === undefined ? {} : { replicationFactor };
    await this.#log.admin.create([{ topic: this.topic, numPartitions: 1, config, ...replication }]);
  }
}

function unusable(message: string, cause?: unknown): LogError {
  return new LogError({ kind: 'unusable' }, message, { cause });
}
