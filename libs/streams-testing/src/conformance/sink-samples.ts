/** Records as the engine gives them to sinks. */
import { randomUUID } from 'node:crypto';
import type { SinkPosition, SinkRecord } from '@hiveframe/streams';
import type { SinkSample } from './sink-conformance.ts';

/** Never used before on this target. */
export const uniqueTopic = (): string => `sinks-${randomUUID()}`;

export const sample = (id: number): SinkSample => ({ id, text: `sample ${id}` });

/** The records with the offsets from `from` to before `to`; each has its offset as id. */
export function samples(from: number, to: number, topic = 'topic'): SinkRecord<string, SinkSample>[] {
  return Array.from({ length: to - from }, (_, i) => sinkRecord(sample(from + i), from + i, topic));
}

export function sinkRecord(
  value: SinkSample,
  offset: number,
  topic = 'topic',
): SinkRecord<string, SinkSample> {
  return { key: `key-${offset % 3}`, value, timestampMs: offset, headers: [], topic, partition: 0, offset };
}

export const upTo = (offset: number, rejected: readonly number[] = []): SinkPosition => ({
  offset,
  rejected,
});

export const ascending = (ids: readonly number[]): number[] => [...ids].sort((a, b) => a - b);
export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);
