import { describe, expect, it } from '@jest/globals';
import { HandClock } from '../../test/support/hand-clock.ts';
import type { RecordQueue } from '../source/record-queue.ts';
import { PartitionGroup } from './partition-group.ts';

/** Event times of one input, and whether the log has more than was fetched. */
class Input {
  isBehind = false;
  timestampMs = 0;
  readonly index: number;
  readonly times: number[];
  readonly source: { readonly table: boolean };

  constructor(index: number, times: readonly number[], table = false) {
    this.index = index;
    this.times = [...times];
    this.source = { table };
  }
  advance(): boolean {
    const [head] = this.times;
    if (head === undefined) return false;
    this.timestampMs = head;
    return true;
  }
}

function groupOf(inputs: readonly Input[], maxTaskIdleMs: number) {
  const clock = new HandClock();
  const group = new PartitionGroup(inputs as unknown as readonly RecordQueue[], maxTaskIdleMs, clock);
  const take = (): readonly [input: number, timestampMs: number] | null => {
    const queue = group.next();
    if (queue === null) return null;
    inputs[queue.index]!.times.shift();
    return [queue.index, queue.timestampMs];
  };
  return { clock, take };
}

describe('PartitionGroup', () => {
  it('D21 takes the lowest head of all inputs; on equal times the row of a table', () => {
    const { take } = groupOf([new Input(0, [1, 3, 5]), new Input(1, [2, 3, 4], true)], 0);
    const taken = Array.from({ length: 7 }, take);
    expect(taken).toEqual([[0, 1], [1, 2], [1, 3], [0, 3], [1, 4], [0, 5], null]);
  });

  it('D21 waits for an empty input that is behind, but not for one that has no more', () => {
    const empty = new Input(1, []);
    empty.isBehind = true;
    const { take } = groupOf([new Input(0, [1]), empty], 0);
    expect(take()).toBeNull();
    empty.isBehind = false;
    expect(take()).toEqual([0, 1]);
  });

  it('D21 waits once for an input without more, until it has had records again', () => {
    const silent = new Input(1, []);
    const busy = new Input(0, [1, 2, 5, 6]);
    const { take, clock } = groupOf([busy, silent], 100);
    expect(take()).toBeNull();
    clock.advance(100);
    expect([take(), take()]).toEqual([
      [0, 1],
      [0, 2],
    ]);
    silent.times.push(3);
    expect(take()).toEqual([1, 3]);
    expect(take()).toBeNull();
    clock.advance(99);
    expect(take()).toBeNull();
    clock.advance(1);
    expect(take()).toEqual([0, 5]);
  });

  it('D21 of -1 waits for nothing', () => {
    const behind = new Input(1, []);
    behind.isBehind = true;
    expect(groupOf([new Input(0, [1]), behind], -1).take()).toEqual([0, 1]);
  });
});
