import { describe, expect, it } from '@jest/globals';
import { decodeAnnouncement, encodeAnnouncement } from './announcement.ts';
import { WriterWatermarks } from './writer-watermarks.ts';

const active = (writer: number, watermarkMs: number) => ({ writer, watermarkMs, idle: false });
const idle = (writer: number, watermarkMs: number) => ({ writer, watermarkMs, idle: true });

describe('WriterWatermarks', () => {
  it('is the lowest that its writers announced, once it has heard all of them', () => {
    const writers = new WriterWatermarks(2);
    writers.hear(active(1, 70));
    expect(writers.watermarkMs).toBe(-Infinity);
    writers.hear(active(0, 50));
    expect(writers.watermarkMs).toBe(50);
  });

  it('does not wait for an idle writer; when all are idle, the one ahead counts', () => {
    const writers = new WriterWatermarks(3);
    writers.hear(active(0, 50));
    writers.hear(idle(1, -Infinity));
    writers.hear(idle(2, 20));
    expect([writers.watermarkMs, writers.isIdle]).toEqual([50, false]);
    writers.hear(idle(0, 60));
    expect([writers.watermarkMs, writers.isIdle]).toEqual([60, true]);
  });

  it('lets no writer go back, who may be heard twice under at least once', () => {
    const writers = new WriterWatermarks(1);
    writers.hear(active(0, 50));
    writers.hear(active(0, 40));
    expect(writers.watermarkMs).toBe(50);
  });

  it('waits for a writer that came to be, and for those before it, once it has heard of it', () => {
    const writers = new WriterWatermarks(1);
    writers.hear(active(0, 50));
    writers.hear(active(2, 80));
    expect(writers.watermarkMs).toBe(-Infinity);
    writers.hear(active(1, 60));
    expect(writers.watermarkMs).toBe(50);
  });

  it('comes back as it was encoded, and forgets writers that are no more', () => {
    const before = new WriterWatermarks(4);
    before.hear(active(0, 1_700_000_000_123.5));
    before.hear(idle(1, -Infinity));
    before.hear(idle(3, 1_700_000_009_999));
    const same = new WriterWatermarks(4);
    same.restore(before.encode());
    expect(same.encode()).toBe(before.encode());
    expect(same.watermarkMs).toBe(-Infinity); // the third was not heard
    const fewer = new WriterWatermarks(2);
    fewer.restore(before.encode());
    expect(fewer.watermarkMs).toBe(1_700_000_000_123);
  });

  it('fits into the metadata of an offset with a thousand writers, rounded down', () => {
    const many = new WriterWatermarks(1_000);
    for (let writer = 0; writer < 1_000; writer++) {
      many.hear(active(writer, 1_700_000_000_000 + ((writer * 7_919) % 86_400_000)));
    }
    const encoded = many.encode();
    expect(encoded.length).toBeLessThanOrEqual(3_000);
    const restored = new WriterWatermarks(1_000);
    restored.restore(encoded);
    expect(restored.watermarkMs).toBe(many.watermarkMs);
  });

  it('waits for nobody where announcements may have been lost', () => {
    const writers = new WriterWatermarks(2);
    writers.hear(active(0, 50));
    writers.forgive();
    expect(writers.watermarkMs).toBe(50);
    writers.hear(active(1, 10));
    expect(writers.watermarkMs).toBe(10);
  });
});

describe('an announcement', () => {
  it('is read as it was written, and nothing else is taken for one', () => {
    const announcements = [active(3, 1_700_000_000_000), idle(0, -Infinity), active(1, 0.5)];
    for (const one of announcements) expect(decodeAnnouncement(encodeAnnouncement(one))).toEqual(one);
    expect(decodeAnnouncement([])).toBeNull();
    expect(decodeAnnouncement([['hiveframe.watermark', Buffer.from('2;1;5')]])).toBeNull();
  });
});
