/** The input of every scenario. */
import { json, string, topic, type Topic } from '@hiveframe/streams';

export interface Reading {
  /** Unique. */
  readonly id: string;
  /** What the repartitioned scenarios group by. */
  readonly group: string;
  /** Event time, epoch ms. */
  readonly at: number;
}

/** The key of the other table that a row names by its group. */
export function keyNamedBy(group: string): string {
  return group.replace('group', 'key');
}

/** How far the watermark stays behind the highest event time of a partition. */
export const WATERMARK_DELAY_MS = 300;

function readings(name: string): Topic<string, Reading> {
  return topic(name, {
    key: string(),
    value: json<Reading>(),
    timestamp: 'at',
    watermark: { delayMs: WATERMARK_DELAY_MS },
  });
}

export const input = readings('input');
/** For those that read two. */
export const otherInput = readings('other-input');

/** What no deserializer can read begins so; an id follows. */
export const MALFORMED = 'malformed ';
