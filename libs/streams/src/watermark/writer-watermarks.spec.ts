import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeAnnouncement, encodeAnnouncement } from './announcement.ts';
import { MAX_WRITERS } from './encoded-writers.ts';
import { encodeStreamTimes } from './watermark-metadata.ts';
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

  it('fits there with five thousand, and with as many as there may be', () => {
    for (const numWriters of [1_001, 5_000, MAX_WRITERS]) {
      const many = new WriterWatermarks(numWriters);
      for (let writer = 0; writer < numWriters; writer++) {
        const watermarkMs = 1_700_000_000_000 + ((writer * 7_919) % 86_400_000);
        if (writer % 7 !== 6)
          many.hear(writer % 3 === 0 ? idle(writer, watermarkMs) : active(writer, watermarkMs));
      }
      const encoded = encodeStreamTimes({
        maxEventTimeMs: 1_700_086_400_000.125,
        watermarkMs: 1_700_086_400_000.125,
        punctuatedMs: 1_700_086_400_000.125,
        writers: many.encode(),
      });
      expect(Buffer.byteLength(encoded)).toBeLessThanOrEqual(4_096);
    }
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

describe('a restart of a reader with many writers', () => {
  const START_MS = 1_700_000_000_000;
  const announcement = (numWriters: number) =>
    fc.record({
      writer: fc.nat(numWriters - 1),
      watermarkMs: fc.integer({ min: START_MS, max: START_MS + 100_000 }),
      idle: fc.boolean(),
    });
  const restarted = (writers: WriterWatermarks, numWriters: number) => {
    const restored = new WriterWatermarks(numWriters);
    restored.restore(writers.encode());
    return restored;
  };
  const story = fc.record({
    numWriters: fc.constantFrom(3, 1_000, 1_001, 5_000),
    numSilent: fc.nat(2),
    idleShare: fc.constantFrom(0, 0.5, 1),
    seed: fc.nat(),
  });

  /** All but some announce; then some, again. */
  const tell = ({
    numWriters,
    numSilent,
    idleShare,
    seed,
  }: typeof story extends fc.Arbitrary<infer T> ? T : never) => {
    const writers = new WriterWatermarks(numWriters);
    for (let writer = numSilent; writer < numWriters; writer++) {
      const hash = ((writer + seed) * 7_919) % 100_003;
      writers.hear({ writer, watermarkMs: START_MS + hash, idle: hash < 100_003 * idleShare });
    }
    return writers;
  };

  it('is never ahead of one that went on, whatever they hear then, and takes the same ones for idle', () => {
    fc.assert(
      fc.property(
        story.chain((one) =>
          fc.tuple(fc.constant(one), fc.array(announcement(one.numWriters), { maxLength: 20 })),
        ),
        ([one, later]) => {
          const goesOn = tell(one);
          const restored = restarted(goesOn, one.numWriters);
          for (const heard of [null, ...later]) {
            if (heard !== null) for (const each of [goesOn, restored]) each.hear(heard);
            expect(restored.watermarkMs).toBeLessThanOrEqual(goesOn.watermarkMs);
            expect(restored.isIdle).toBe(goesOn.isIdle);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('knows as much again when all have announced again; and how far they came, when all are idle', () => {
    fc.assert(
      fc.property(story, (one) => {
        const goesOn = tell(one);
        const restored = restarted(goesOn, one.numWriters);
        if (one.idleShare === 1 && one.numSilent === 0 && one.numWriters !== 1_000)
          expect(restored.watermarkMs).toBe(goesOn.watermarkMs);
        for (let writer = 0; writer < one.numWriters; writer++) {
          const heard = active(writer, START_MS + 200_000 + writer);
          for (const each of [goesOn, restored]) each.hear(heard);
        }
        expect(restored.watermarkMs).toBe(goesOn.watermarkMs);
      }),
      { numRuns: 12 },
    );
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
