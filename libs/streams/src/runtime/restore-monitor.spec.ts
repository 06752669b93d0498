import { beforeEach, describe, expect, it } from '@jest/globals';
import { HandClock } from '../../test/support/hand-clock.ts';
import { RestoreMeter } from '../state/restore/restore-progress.ts';
import { RestoreMonitor, type RestoreCallbacks } from './restore-monitor.ts';

describe('RestoreMonitor', () => {
  let clock: HandClock;
  let lines: string[];
  let measured: [string, number][];
  let told: string[];
  let monitor: RestoreMonitor;

  beforeEach(() => {
    clock = new HandClock();
    lines = [];
    measured = [];
    told = [];
    const listener: RestoreCallbacks = {
      onRestoreStart: ({ store }) => told.push(`start ${store}`),
      onBatchRestored: (_, records) => told.push(`batch ${records}`),
      onRestoreEnd: ({ restored }) => told.push(`end ${restored}`),
      onRestoreSuspended: ({ restored }) => told.push(`suspended ${restored}`),
    };
    monitor = new RestoreMonitor({
      clock,
      logger: { log: (level, text) => lines.push(`${level} ${text}`) },
      telemetry: {
        count: (name, by) => measured.push([name, by]),
        record: (name, value) => measured.push([name, value]),
      },
      tell: (what) => what(listener),
    });
  });

  const begin = (store: string) =>
    new RestoreMeter({
      taskId: '0_3',
      store,
      partition: 3,
      startOffset: 1_000,
      endOffset: 11_000,
      clock,
      onRestore: monitor.onRestore,
    });

  it('says a line at the start, every five seconds, and at the end', () => {
    const meter = begin('counts');
    clock.advance(2_000);
    meter.applied(1_900, 3_000);
    clock.advance(3_000);
    meter.applied(2_800, 6_000);
    clock.advance(1_000);
    meter.applied(1_000, 7_000);
    clock.advance(2_000);
    meter.applied(3_990, 11_000);
    meter.ended();
    expect(lines).toEqual([
      'info Restoring counts-3 from changelog offset 1000 to 11000: at most 10,000 records.',
      'info Restoring counts-3: 50 %, 4,700 records of at most 9,700, 940 records/s, about 5.0 s left.',
      'info Restored counts-3: 9,690 records in 8.0 s, 1,211 records/s.',
    ]);
  });

  it('shows what is being restored while it is', () => {
    const counts = begin('counts');
    const sums = begin('sums');
    counts.applied(500, 1_600);
    expect(monitor.ongoing).toMatchObject([
      { store: 'counts', offset: 1_600, restored: 500 },
      { store: 'sums', offset: 1_000, restored: 0 },
    ]);
    counts.ended();
    sums.suspended();
    expect(monitor.ongoing).toEqual([]);
    expect(lines.at(-1)).toBe(
      'info Stopped restoring sums-3 at 0 %: what is restored is kept for whoever goes on.',
    );
  });

  it('tells listeners, in the words of Kafka Streams, and telemetry', () => {
    const meter = begin('counts');
    clock.advance(100);
    meter.applied(500, 1_600);
    meter.ended();
    expect(told).toEqual(['start counts', 'batch 500', 'end 500']);
    expect(measured).toEqual([
      ['restored-records', 500],
      ['restore-latency-ms', 100],
    ]);
  });
});
