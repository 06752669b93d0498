import { describe, expect, it } from '@jest/globals';
import { TaskWatermark } from './task-watermark.ts';
import { decodeStreamTimes, encodeStreamTimes } from './watermark-metadata.ts';

const input = (delayMs: number, idleAfterMs: number | null = null) => ({ delayMs, idleAfterMs });

describe('TaskWatermark', () => {
  it('is the highest event time minus the delay, and never goes back', () => {
    const watermark = new TaskWatermark([input(10)], 0);
    const seen = [100, 95, 60, 110].map((timestampMs) => {
      watermark.observe(0, timestampMs);
      return watermark.watermarkMs;
    });
    expect(seen).toEqual([90, 90, 90, 100]);
  });

  it('waits for every input, and takes the lowest', () => {
    const watermark = new TaskWatermark([input(0), input(5)], 0);
    watermark.observe(0, 1_000);
    expect(watermark.watermarkMs).toBe(-Infinity);
    watermark.observe(1, 200);
    expect(watermark.watermarkMs).toBe(195);
  });

  it('does not wait for an idle input, and hears it again when it speaks', () => {
    const watermark = new TaskWatermark([input(0), input(0, 50)], 0);
    watermark.observe(0, 1_000);
    watermark.checkIdle(49, () => false);
    expect(watermark.watermarkMs).toBe(-Infinity);
    watermark.checkIdle(50, () => false);
    expect(watermark.watermarkMs).toBe(1_000);
    watermark.observe(1, 300);
    watermark.observe(0, 2_000);
    expect(watermark.watermarkMs).toBe(1_000);
    watermark.observe(1, 2_500);
    expect(watermark.watermarkMs).toBe(2_000);
  });

  it('counts an input as active while it has records that were not processed yet', () => {
    const watermark = new TaskWatermark([input(0), input(0, 50)], 0);
    watermark.observe(0, 1_000);
    watermark.checkIdle(100, (one) => one === 1);
    expect(watermark.watermarkMs).toBe(-Infinity);
  });

  it('goes on from what was committed', () => {
    const times = { maxEventTimeMs: 500, watermarkMs: 450 };
    const restored = decodeStreamTimes(encodeStreamTimes(times))!;
    const watermark = new TaskWatermark([input(50)], 0);
    watermark.restore(0, restored.maxEventTimeMs, restored.watermarkMs);
    watermark.observe(0, 400);
    expect(watermark.watermarkMs).toBe(450);
  });

  it('keeps what was never seen as never seen', () => {
    const unknown = { maxEventTimeMs: -Infinity, watermarkMs: -Infinity, punctuatedMs: null };
    expect(decodeStreamTimes(encodeStreamTimes(unknown))).toEqual(unknown);
    expect(decodeStreamTimes('written by another tool')).toBeNull();
    expect(decodeStreamTimes(undefined)).toBeNull();
  });
});
