/** What a replayed record says of its replay. It keeps these headers when it becomes a dead letter again. */
import type { PartitionOffset } from '../ports/log.ts';
import type { Headers } from '../record/record.ts';

export const REPLAY_HEADERS = {
  /** How often it was replayed, from dead letter to dead letter: the loop guard goes by it. */
  count: '__streams.replay.count',
  /** Who, and when (ISO 8601). */
  by: '__streams.replay.by',
  time: '__streams.replay.time',
  /** The dead letter. */
  topic: '__streams.replay.topic',
  partition: '__streams.replay.partition',
  offset: '__streams.replay.offset',
} as const;

export interface ReplayNote {
  readonly letter: PartitionOffset;
  readonly count: number;
  readonly by: string;
  readonly atMs: number;
}

export function replayHeaders({ letter, count, by, atMs }: ReplayNote): Headers {
  return [
    [REPLAY_HEADERS.count, Buffer.from(String(count))],
    [REPLAY_HEADERS.by, Buffer.from(by)],
    [REPLAY_HEADERS.time, Buffer.from(new Date(atMs).toISOString())],
    [REPLAY_HEADERS.topic, Buffer.from(letter.topic)],
    [REPLAY_HEADERS.partition, Buffer.from(String(letter.partition))],
    [REPLAY_HEADERS.offset, Buffer.from(String(letter.offset))],
  ];
}
