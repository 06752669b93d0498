import { describe, expect, it } from '@jest/globals';
import { GroupOffsets, type SentCommit } from '../cluster/group-offsets.ts';
import { SafetyMonitor } from './safety-monitor.ts';

function commit(first: SentCommit | null, second: SentCommit | null): readonly string[] {
  const monitor = new SafetyMonitor('at_most_once', () => {});
  const offsets = new GroupOffsets(monitor.onOffsets);
  const at = { topic: 'input', partition: 0 };
  offsets.put('app', [{ ...at, offset: 7 }], first);
  offsets.put('app', [{ ...at, offset: 5 }], second);
  return monitor.violations;
}
const by = (memberId: string, isAnswered: boolean): SentCommit => ({ memberId, isAnswered });

describe('SafetyMonitor', () => {
  it('lets a member go back behind a commit that it has had no answer to', () => {
    expect(commit(by('a', false), by('a', true))).toEqual([]);
  });

  it.each([
    ['its own that was answered', by('a', true), by('a', false)],
    ["another member's", by('a', false), by('b', true)],
    ['one in a transaction', null, null],
  ])('notices an offset that goes back behind %s', (_, first, second) => {
    expect(commit(first, second)).toEqual(['committed offset of input-0 went back from 7 to 5']);
  });
});
