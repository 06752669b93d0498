/** The input of every scenario. */
import { json, string, topic } from '@hiveframe/streams';

export interface Reading {
  /** Unique. */
  readonly id: string;
  /** What the repartitioned scenarios group by. */
  readonly group: string;
  /** Event time, epoch ms. */
  readonly at: number;
}

/** How far the watermark stays behind the highest event time of a partition. */
export const WATERMARK_DELAY_MS = 300;

export const input = topic('input', {
  key: string(),
  value: json<Reading>(),
  timestamp: 'at',
  watermark: { delayMs: WATERMARK_DELAY_MS },
});
