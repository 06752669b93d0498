import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RecordCursor } from '@hiveframe/streams';
import { batch, marker, textsOf, TIMESTAMP_MS, withCrc } from '../../test/handmade-log.ts';
import type { AbortedTransaction } from '../protocol/fetch.ts';
import { DamagedBatch, visibleBatches } from './visible-batches.ts';

const COMMITTED = { readCommitted: true, crcCheck: true };
const UNCOMMITTED = { readCommitted: false, crcCheck: true };
const A = 1;
const B = 2;

/** One transactional record. */
const write = (baseOffset: number, producerId: number, text: string): Buffer =>
  batch({ baseOffset, producerId, transactional: true, records: [text] });

function committed(log: readonly Buffer[], aborted: readonly AbortedTransaction[], fromOffset = 0): string[] {
  return textsOf(visibleBatches(Buffer.concat(log), fromOffset, aborted, COMMITTED).batches, fromOffset);
}

describe('V1 interleaved aborted transactions', () => {
  // The broker names them by their end: B's first, although A's begins first.
  const aborted = [
    { producerId: B, firstOffset: 1 },
    { producerId: A, firstOffset: 0 },
  ];

  it('are hidden although the broker names the one that began later first', () => {
    const log = [
      write(0, A, 'a'),
      write(1, B, 'b'),
      marker('abort', 2, B),
      write(3, A, 'a'),
      marker('abort', 4, A),
    ];
    expect(committed([...log, write(5, A, 'committed'), marker('commit', 6, A)], aborted)).toEqual([
      'committed',
    ]);
  });

  it('hide nothing of a producer between them', () => {
    const C = 3;
    const log = [
      write(0, A, 'a'),
      write(1, B, 'b'),
      write(2, C, 'c'),
      marker('abort', 3, B),
      marker('abort', 4, A),
    ];
    expect(committed([...log, marker('commit', 5, C)], aborted)).toEqual(['c']);
  });
});

describe('V2 an aborted transaction', () => {
  it('ends at its marker: the same producer’s next one is seen, and the one after that hidden again', () => {
    const log = [
      write(0, A, 'first'),
      marker('abort', 1, A),
      write(2, A, 'second'),
      marker('commit', 3, A),
      write(4, A, 'third'),
      marker('abort', 5, A),
    ];
    const aborted = [
      { producerId: A, firstOffset: 0 },
      { producerId: A, firstOffset: 4 },
    ];
    expect(committed(log, aborted)).toEqual(['second']);
  });

  it('that began before the fetch is hidden in it', () => {
    const log = [
      write(10, A, 'late part'),
      marker('abort', 11, A),
      write(12, A, 'next'),
      marker('commit', 13, A),
    ];
    expect(committed(log, [{ producerId: A, firstOffset: 3 }], 10)).toEqual(['next']);
  });

  it('whose end the fetch does not reach is hidden to its last record', () => {
    expect(committed([write(0, A, 'x'), write(1, A, 'y')], [{ producerId: A, firstOffset: 0 }])).toEqual([]);
  });
});

describe('V3 batches are judged whole', () => {
  it('and a key of four zero bytes is no abort marker', () => {
    const looksLikeMarker = batch({
      baseOffset: 0,
      producerId: A,
      transactional: true,
      records: [{ key: Buffer.from([0, 0, 0, 0]), value: 'hidden' }],
    });
    const log = [looksLikeMarker, write(1, A, 'hidden too'), marker('abort', 2, A)];
    expect(committed(log, [{ producerId: A, firstOffset: 0 }])).toEqual([]);
  });

  it('so records of the producer outside any transaction stay visible', () => {
    const plain = batch({ baseOffset: 1, producerId: A, records: ['plain'] });
    const log = [write(0, A, 'x'), plain, marker('abort', 2, A)];
    expect(committed(log, [{ producerId: A, firstOffset: 0 }])).toEqual(['plain']);
  });

  it('and read_uncommitted hides control batches alone', () => {
    const log = Buffer.concat([write(0, A, 'x'), marker('abort', 1, A), write(2, B, 'y')]);
    const visible = visibleBatches(log, 0, [{ producerId: A, firstOffset: 0 }], UNCOMMITTED);
    expect(textsOf(visible.batches)).toEqual(['x', 'y']);
  });
});

describe('V4 where to go on', () => {
  const next = (log: readonly Buffer[], fromOffset = 0): number =>
    visibleBatches(Buffer.concat(log), fromOffset, [], COMMITTED).nextOffset;

  it('is beyond a tail that was compacted away', () => {
    expect(next([batch({ baseOffset: 0, records: ['left'], lastOffsetDelta: 4999 })])).toBe(5000);
  });

  it('is beyond a batch that was emptied, which gives no batch', () => {
    const emptied = batch({ baseOffset: 7, records: [], lastOffsetDelta: 9 });
    const visible = visibleBatches(emptied, 7, [], COMMITTED);
    expect(visible).toMatchObject({ batches: [], nextOffset: 17 });
  });

  it('is beyond the control records at the end', () => {
    expect(next([write(0, A, 'x'), marker('commit', 1, A)])).toBe(2);
  });

  it('is before a batch that the byte limit cut off', () => {
    const whole = batch({ baseOffset: 0, records: ['whole'] });
    const cut = batch({ baseOffset: 1, records: ['cut off'] }).subarray(0, -1);
    expect(next([whole, cut])).toBe(1);
    expect(next([cut], 1)).toBe(1);
    expect(next([cut.subarray(0, 20)], 1)).toBe(1);
  });

  it('never goes back when a batch begins before the offset asked for', () => {
    const straddling = batch({ baseOffset: 0, records: ['0', '1', '2'] });
    const visible = visibleBatches(straddling, 2, [], COMMITTED);
    expect(visible.nextOffset).toBe(3);
    expect(textsOf(visible.batches, 2)).toEqual(['2']);
  });
});

describe('a batch', () => {
  it('says the broker’s append time where the topic is configured so, else the records’ own', () => {
    const log = Buffer.concat([
      batch({ baseOffset: 0, records: ['own'] }),
      batch({ baseOffset: 1, records: ['appended'], logAppendTimeMs: 42 }),
    ]);
    const cursor = new RecordCursor();
    cursor.reset(visibleBatches(log, 0, [], COMMITTED).batches, 0);
    const times = [cursor.next() && cursor.timestampMs, cursor.next() && cursor.timestampMs];
    expect(times).toEqual([TIMESTAMP_MS, 42]);
  });

  it.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('is opened when it is compressed with %s', (codec) => {
    const texts = Array.from({ length: 100 }, (_, index) => `record ${index}`);
    const visible = visibleBatches(batch({ baseOffset: 5, records: texts, codec }), 5, [], COMMITTED);
    expect(textsOf(visible.batches)).toEqual(texts);
    expect(visible.nextOffset).toBe(105);
  });

  describe('that is damaged', () => {
    const flipped = (bytes: Buffer, at: number): Buffer => {
      const copy = Buffer.from(bytes);
      copy[at]! ^= 1;
      return copy;
    };
    const good = batch({ baseOffset: 0, records: ['good'] });

    it('is refused with its offset and both checksums', () => {
      const bad = flipped(batch({ baseOffset: 3, records: ['bad'] }), 70);
      expect(() => visibleBatches(bad, 3, [], COMMITTED)).toThrow(
        /^the record batch at offset 3 is damaged: its CRC is 0x[0-9a-f]{8}, its bytes give 0x[0-9a-f]{8}$/,
      );
    });
    it('is not noticed when the check is off', () => {
      const bad = flipped(good, good.length - 3);
      expect(visibleBatches(bad, 0, [], { ...COMMITTED, crcCheck: false }).batches).toHaveLength(1);
    });
    it('does not keep back what comes before it', () => {
      const bad = flipped(batch({ baseOffset: 1, records: ['bad'] }), 70);
      const visible = visibleBatches(Buffer.concat([good, bad]), 0, [], COMMITTED);
      expect([textsOf(visible.batches), visible.nextOffset]).toEqual([['good'], 1]);
    });
    it('is refused when its body cannot be decompressed', () => {
      const bad = batch({ baseOffset: 0, records: ['x'.repeat(100)], codec: 'gzip' });
      bad.fill(0, 61, 70);
      expect(() => visibleBatches(withCrc(bad), 0, [], COMMITTED)).toThrow(DamagedBatch);
    });
  });

  it('of an older message format is refused by its number', () => {
    const old = Buffer.from(batch({ baseOffset: 0, records: ['x'] }));
    old[16] = 1;
    expect(() => visibleBatches(old, 0, [], COMMITTED)).toThrow('has message format 1');
  });
});

/** A log written by several producers, in any order, with what a read_committed reader must see of it. */
interface Model {
  readonly log: Buffer[];
  readonly aborted: (AbortedTransaction & { readonly lastOffset: number })[];
  readonly visible: { readonly offset: number; readonly text: string }[];
}
type Step = readonly [producer: number, action: 'write' | 'commit' | 'abort'];

function play(steps: readonly Step[]): Model {
  const model: Model = { log: [], aborted: [], visible: [] };
  const open = new Map<number, { firstOffset: number; written: { offset: number; text: string }[] }>();
  for (const [offset, [producerId, action]] of steps.entries()) {
    const transaction = open.get(producerId);
    if (action === 'write' || !transaction) {
      const text = `${producerId} wrote at ${offset}`;
      model.log.push(write(offset, producerId, text));
      const current = transaction ?? { firstOffset: offset, written: [] };
      current.written.push({ offset, text });
      open.set(producerId, current);
    } else {
      model.log.push(marker(action, offset, producerId));
      open.delete(producerId);
      if (action === 'commit') model.visible.push(...transaction.written);
      else model.aborted.push({ producerId, firstOffset: transaction.firstOffset, lastOffset: offset });
    }
  }
  // What is open is not fetched by a reader of committed records: the log is cut at the last stable offset.
  const stable = Math.min(steps.length, ...[...open.values()].map(({ firstOffset }) => firstOffset));
  model.log.length = stable;
  return { ...model, visible: model.visible.filter(({ offset }) => offset < stable) };
}

describe('any interleaving of transactions', () => {
  const step = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom('write', 'write', 'commit', 'abort'));
  const steps = fc.array(step as fc.Arbitrary<Step>, { maxLength: 40 });

  it('gives exactly the committed records, however it is cut into fetches', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 7 }), (script, batchesPerFetch) => {
        const { log, aborted, visible } = play(script);
        const seen: string[] = [];
        for (let from = 0; from < log.length;) {
          const to = Math.min(from + batchesPerFetch, log.length);
          const named = aborted.filter((one) => one.firstOffset < to && one.lastOffset >= from);
          const fetched = visibleBatches(Buffer.concat(log.slice(from, to)), from, named, COMMITTED);
          seen.push(...textsOf(fetched.batches, from));
          expect(fetched.nextOffset).toBe(to);
          from = fetched.nextOffset;
        }
        expect(seen).toEqual([...visible].sort((a, b) => a.offset - b.offset).map(({ text }) => text));
      }),
      { numRuns: 300 },
    );
  });
});
