/** Windowed counts, counted one record after the other. */
import { WATERMARK_DELAY_MS } from '../workload/input.ts';
import type { Given } from './evidence.ts';

export interface WindowShape {
  readonly sizeMs: number;
  readonly advanceMs: number;
  readonly graceMs: number;
}
export interface CountedWindows {
  readonly counts: ReadonlyMap<string, number>;
  /** Of those, the ones that the watermark has passed. */
  readonly closed: ReadonlyMap<string, number>;
}

/** A partition has a watermark of its own; a record counts in a window that it finds open (D1). */
export function countWindows(
  partitions: readonly (readonly Given[])[],
  { sizeMs, advanceMs, graceMs }: WindowShape,
): CountedWindows {
  const counts = new Map<string, number>();
  const closed = new Map<string, number>();
  for (const partition of partitions) {
    const windows = new Map<string, { endMs: number; count: number }>();
    let watermarkMs = -Infinity;
    for (const { key, at } of partition) {
      watermarkMs = Math.max(watermarkMs, at - WATERMARK_DELAY_MS);
      for (
        let startMs = Math.floor(at / advanceMs) * advanceMs;
        startMs > at - sizeMs;
        startMs -= advanceMs
      ) {
        const endMs = startMs + sizeMs;
        if (startMs < 0 || endMs + graceMs <= watermarkMs) continue;
        const name = windowName(key, startMs);
        const window = windows.get(name) ?? { endMs, count: 0 };
        window.count++;
        windows.set(name, window);
      }
    }
    for (const [name, { endMs, count }] of windows) {
      counts.set(name, count);
      if (endMs + graceMs <= watermarkMs) closed.set(name, count);
    }
  }
  return { counts, closed };
}

export function windowName(key: string, startMs: number): string {
  return `${key}@${startMs}`;
}

/** key bytes | startMs int64 BE | endMs int64 BE */
export function readWindowName(bytes: Buffer): string {
  const keyBytes = bytes.length - 16;
  return windowName(bytes.toString('utf8', 0, keyBytes), Number(bytes.readBigInt64BE(keyBytes)));
}
