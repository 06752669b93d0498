/** Decides about each dead letter: what would be written where, or why it is not replayed. Writes nothing. */
import { createHash } from 'node:crypto';
import { ConfigError } from '../errors/streams.error.ts';
import type { LogAdmin, PartitionOffset, TopicPartition } from '../ports/log.ts';
import type { Bytes, Headers } from '../record/record.ts';
import { partitionFor } from '../sink/murmur2.ts';
import { editRecord, type DeadLetterEdit, type EditedRecord } from './dead-letter-edit.ts';
import type { DeadLetterRecord } from './dead-letter-record.ts';
import type { ChangedBytes, ReplayAudit, ReplayAuditEntry } from './replay-audit.ts';
import type { ReplayDecoder } from './replay-decoder.ts';

/** notFound: there is no such dead letter, or no longer. alreadyReplayed: the audit has it; `again` replays it all the same.
 *  tooManyReplays: the loop guard; `force` lifts it. noSource: its source cannot take it (a result, or made on the way), or it names none; name a topic.
 *  valueOmitted: the topic of the dead letters could not take its value, so it is not here; an edit may give one.
 *  notEditable: a merge into what is no JSON. noTopic, tooLarge, refused: the topic is not there, or does not take the record. */
export type ReplayRefusal =
  | 'notFound'
  | 'alreadyReplayed'
  | 'tooManyReplays'
  | 'noSource'
  | 'valueOmitted'
  | 'notEditable'
  | 'noTopic'
  | 'tooLarge'
  | 'refused';

export interface RefusedReplay {
  readonly letter: PartitionOffset;
  readonly refusal: ReplayRefusal;
  readonly message: string;
}

export interface PlannedReplay {
  readonly letter: DeadLetterRecord;
  readonly to: TopicPartition;
  readonly record: EditedRecord;
  /** Which replay of the record it is, from 1. */
  readonly count: number;
  readonly forced: boolean;
  readonly again: boolean;
  readonly edit: ReplayAuditEntry['edit'];
  /** By the source of the topology on that topic; null: not known. */
  readonly decodes: boolean | null;
  readonly decodeError?: string;
  readonly sizeBytes: number;
  /** Largest record, or batch, that the topic takes. */
  readonly maxBytes: number;
}

export interface PlanOptions {
  readonly admin: LogAdmin;
  readonly audit: Pick<ReplayAudit, 'hasReplayed'>;
  readonly decoder: ReplayDecoder;
  readonly maxReplays: number;
  readonly to?: string | undefined;
  readonly edit?: DeadLetterEdit | undefined;
  readonly force: boolean;
  readonly again: boolean;
}

interface Target {
  readonly numPartitions: number;
  readonly maxBytes: number;
}

const DEFAULT_MAX_BYTES = 1_048_588;
/** Header of the batch, frame of the record, and the headers that a replay adds. */
const OVERHEAD_BYTES = 1_024;

export class ReplayPlanner {
  readonly #options: PlanOptions;
  readonly #targets = new Map<string, Target | null>();

  constructor(options: PlanOptions) {
    this.#options = options;
  }

  async plan(letter: DeadLetterRecord): Promise<PlannedReplay | RefusedReplay> {
    const refuse = (refusal: ReplayRefusal, message: string): RefusedReplay => ({
      letter: placeOf(letter),
      refusal,
      message,
    });
    const { audit, maxReplays, force, again } = this.#options;
    const wasReplayed = audit.hasReplayed(letter);
    if (wasReplayed && !again) return refuse('alreadyReplayed', 'it was replayed before, as the audit says');
    const isLoop = letter.replays >= maxReplays;
    if (isLoop && !force)
      return refuse(
        'tooManyReplays',
        `its record was replayed ${letter.replays} times, and failed each time`,
      );
    if (letter.omittedValueBytes !== null && !this.#givesValue())
      return refuse('valueOmitted', `its value of ${letter.omittedValueBytes} bytes was left out`);
    const topic = this.#options.to ?? sourceTopicOf(letter);
    if (topic === null)
      return refuse(
        'noSource',
        letter.source === null
          ? 'it does not say from which topic it came: name a topic for it'
          : 'it is no record of its source, but a result: name a topic for it',
      );
    const record = this.#edited(letter);
    if (typeof record === 'string') return refuse('notEditable', record);
    const target = await this.#target(topic);
    if (target === null) return refuse('noTopic', `topic ${topic} does not exist`);
    const sizeBytes = sizeOf(record) + OVERHEAD_BYTES;
    if (sizeBytes > target.maxBytes)
      return refuse('tooLarge', `about ${sizeBytes} bytes, and ${topic} takes ${target.maxBytes}`);
    return {
      letter,
      to: { topic, partition: this.#partition(letter, record, target) },
      record,
      count: letter.replays + 1,
      forced: isLoop,
      again: wasReplayed,
      edit: this.#options.edit === undefined ? null : changesOf(letter, record),
      ...(await this.#options.decoder.decode(topic, record)),
      sizeBytes,
      maxBytes: target.maxBytes,
    };
  }

  #givesValue(): boolean {
    const value = this.#options.edit?.value;
    return value === null || (value !== undefined && !('merge' in value));
  }

  /** A text: why it cannot be. */
  #edited({ rawKey, rawValue, headers }: DeadLetterRecord): EditedRecord | string {
    const record = { key: rawKey, value: rawValue, headers };
    const { edit } = this.#options;
    if (edit === undefined) return record;
    try {
      return editRecord(record, edit);
    } catch (error) {
      if (error instanceof ConfigError) return error.message;
      throw error;
    }
  }

  async #target(topic: string): Promise<Target | null> {
    const known = this.#targets.get(topic);
    if (known !== undefined) return known;
    const described = (await this.#options.admin.describe([topic])).get(topic);
    const target =
      described === undefined
        ? null
        : {
            numPartitions: described.numPartitions,
            maxBytes: Number(described.config['max.message.bytes'] ?? DEFAULT_MAX_BYTES),
          };
    this.#targets.set(topic, target);
    return target;
  }

  /** Back where it came from, as long as that is there and the key is the same; to a topic that was named, by the key. */
  #partition({ source, offset, rawKey }: DeadLetterRecord, { key }: EditedRecord, target: Target): number {
    const isBack = this.#options.to === undefined && key === rawKey;
    if (isBack && source !== null && source.partition < target.numPartitions) return source.partition;
    return key === null ? offset % target.numPartitions : partitionFor(key, target.numPartitions);
  }
}

export function placeOf({ topic, partition, offset }: PartitionOffset): PartitionOffset {
  return { topic, partition, offset };
}

/** What could not be produced is the result, beside the coordinates of the input. */
function sourceTopicOf({ source, reason }: DeadLetterRecord): string | null {
  return source === null || source.offset < 0 || reason.kind === 'production' ? null : source.topic;
}

function sizeOf({ key, value, headers }: EditedRecord): number {
  const ofHeaders = headers.reduce((sum, [name, held]) => sum + name.length * 3 + (held?.length ?? 0) + 8, 0);
  return (key?.length ?? 0) + (value?.length ?? 0) + ofHeaders;
}

function changesOf(letter: DeadLetterRecord, record: EditedRecord): NonNullable<ReplayAuditEntry['edit']> {
  return {
    ...(record.key !== letter.rawKey && { key: changed(letter.rawKey, record.key) }),
    ...(record.value !== letter.rawValue && { value: changed(letter.rawValue, record.value) }),
    ...(record.headers !== letter.headers && {
      headers: changed(headerBytes(letter.headers), headerBytes(record.headers)),
    }),
  };
}

function changed(before: Bytes | null, after: Bytes | null): ChangedBytes {
  return { before: hashOf(before), after: hashOf(after) };
}
function hashOf(bytes: Bytes | null): string | null {
  return bytes === null ? null : `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
/** `[[name, base64 or null], …]` as JSON. */
function headerBytes(headers: Headers): Bytes {
  const shown = headers.map(([name, value]) => [
    name,
    value === null ? null : Buffer.from(value).toString('base64'),
  ]);
  return Buffer.from(JSON.stringify(shown));
}
