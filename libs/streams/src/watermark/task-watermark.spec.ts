import { describe, expect, it } from '@jest/globals';
import { TaskWatermark } from './task-watermark.ts';
import { WriterWatermarks } from './writer-watermarks.ts';
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

  it('D13 counts an input as active while it has records that were not processed yet', () => {
    const watermark = new TaskWatermark([input(0), input(0, 50)], 0);
    watermark.observe(0, 1_000);
    watermark.checkIdle(100, (one) => one === 1);
    expect(watermark.watermarkMs).toBe(-Infinity);
  });

  it('D4 goes on from what was committed', () => {
    const times = { maxEventTimeMs: 500, watermarkMs: 450 };
    const restored = decodeStreamTimes(encodeStreamTimes(times))!;
    const watermark = new TaskWatermark([input(50)], 0);
    watermark.restore(0, restored);
    watermark.observe(0, 400);
    expect(watermark.watermarkMs).toBe(450);
  });

  it('keeps what was never seen as never seen', () => {
    const unknown = { maxEventTimeMs: -Infinity, watermarkMs: -Infinity, punctuatedMs: null, writers: null };
    expect(decodeStreamTimes(encodeStreamTimes(unknown))).toEqual(unknown);
    expect(decodeStreamTimes('written by another tool')).toBeNull();
    expect(decodeStreamTimes(undefined)).toBeNull();
  });

  it('counts as silence only what the log has said: nobody knows what comes while a leader is away (M5)', () => {
    const watermark = new TaskWatermark([input(0), input(0, 50)], 0);
    watermark.observe(0, 1_000);
    watermark.observe(1, 300);
    const at = (nowMs: number, sinceCaughtUpMs: number) => {
      watermark.checkIdle(
        nowMs,
        () => false,
        () => sinceCaughtUpMs,
      );
      return watermark.watermarkMs;
    };
    expect([at(49, 0), at(500, 451), at(900, Infinity), at(1_000, 951), at(1_010, 961)]).toEqual(
      Array(5).fill(300),
    );
    expect(at(1_020, 3)).toBe(1_000);
  });

  it('does not go on with the clock while it hears nothing of one of its inputs', () => {
    const silent = { ...input(0, 5_000), advancesWhenIdle: true };
    const watermark = new TaskWatermark([silent, silent], 0);
    for (const one of [0, 1]) watermark.observe(one, 1_000);
    const at = (nowMs: number, sinceCaughtUpMs: number) => {
      watermark.checkIdle(
        nowMs,
        () => false,
        (one) => one * sinceCaughtUpMs,
      );
      return watermark.watermarkMs;
    };
    expect([at(6_000, 0), at(60_000, 54_000), at(60_500, 500)]).toEqual([7_000, 7_000, 61_000]);
  });

  it('takes the input that is ahead when all are idle, whichever fell silent first', () => {
    const watermark = new TaskWatermark([input(0, 50), input(0, 50)], 0);
    watermark.observe(0, 1_000);
    watermark.observe(1, 300);
    watermark.checkIdle(60, () => false);
    expect(watermark.watermarkMs).toBe(1_000);
  });

  it('goes on as the clock does while all is silent, in steps that grow with the silence', () => {
    const watermark = new TaskWatermark([{ ...input(100, 5_000), advancesWhenIdle: true }], 0);
    watermark.observe(0, 1_000);
    watermark.checkIdle(10, () => true);
    const at = (nowMs: number, isActive = false) => {
      watermark.checkIdle(nowMs, () => isActive);
      return watermark.watermarkMs;
    };
    expect([at(5_009), at(5_010), at(6_009), at(6_010)]).toEqual([900, 5_900, 5_900, 6_900]);
    expect([at(100_010), at(109_000), at(110_010)]).toEqual([100_900, 100_900, 110_900]);
    watermark.observe(0, 2_000); // behind the clock: late, as it would be in a steady stream
    expect([at(110_020, true), at(115_019), at(115_020)]).toEqual([110_900, 110_900, 115_900]);
  });

  it('D3 follows what the writers of a repartition topic announce, not the times of its records', () => {
    const writers = new WriterWatermarks(2);
    const watermark = new TaskWatermark([{ ...input(0), writers }], 0);
    watermark.observe(0, 5_000);
    watermark.hear(0, { writer: 0, watermarkMs: 4_000, idle: false });
    expect(watermark.watermarkMs).toBe(-Infinity);
    watermark.hear(0, { writer: 1, watermarkMs: 300, idle: false });
    expect(watermark.watermarkMs).toBe(300);
  });

  it('D4 keeps beside the position what the writers announced', () => {
    const before = new TaskWatermark([{ ...input(0), writers: new WriterWatermarks(2) }], 0);
    before.hear(0, { writer: 0, watermarkMs: 4_000, idle: false });
    const times = decodeStreamTimes(encodeStreamTimes({ ...before.timesOf(0), punctuatedMs: 7 }))!;
    const after = new TaskWatermark([{ ...input(0), writers: new WriterWatermarks(2) }], 0);
    after.restore(0, times);
    after.hear(0, { writer: 1, watermarkMs: 5_000, idle: false });
    expect([after.watermarkMs, times.punctuatedMs]).toEqual([4_000, 7]);
  });

  describe('is quiet', () => {
    const quietAt = (watermark: TaskWatermark, nowMs: number, isActive = false) => {
      watermark.checkIdle(nowMs, () => isActive);
      return watermark.isQuiet;
    };

    it('at once where no record ever came; else when none has come for a second', () => {
      const watermark = new TaskWatermark([input(0)], 0);
      expect(quietAt(watermark, 0)).toBe(true);
      watermark.observe(0, 5);
      expect([quietAt(watermark, 10, true), quietAt(watermark, 1_009), quietAt(watermark, 1_010)]).toEqual([
        false,
        false,
        true,
      ]);
    });

    it('never while records wait, and as late as its source says', () => {
      expect(quietAt(new TaskWatermark([input(0)], 0), 60_000, true)).toBe(false);
      const patient = new TaskWatermark([input(0, 5_000)], 0);
      patient.observe(0, 5);
      expect([quietAt(patient, 4_999), quietAt(patient, 5_000)]).toEqual([false, true]);
    });

    it('behind a repartition topic when its writers are', () => {
      const watermark = new TaskWatermark([{ ...input(0), writers: new WriterWatermarks(1) }], 0);
      expect(quietAt(watermark, 60_000)).toBe(false);
      watermark.hear(0, { writer: 0, watermarkMs: 1, idle: true });
      expect(quietAt(watermark, 60_001)).toBe(true);
    });
  });
});
