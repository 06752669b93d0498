import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { MemberInfo } from '../ports/log.ts';
import { formatTaskId, type TaskId } from '../task/task-id.ts';
import { assignTasks, tasksOf, toAssignment } from './assignor.ts';
import { encodeMember } from './topology-version.ts';

const member = (memberId: string, tasks: readonly TaskId[] = []): MemberInfo => ({
  memberId,
  instanceId: null,
  data: encodeMember(tasks),
});
const task = (subTopology: number, partition: number): TaskId => ({ subTopology, partition });
const tasks = (subTopologies: number, partitions: number): TaskId[] =>
  Array.from({ length: subTopologies * partitions }, (_, i) =>
    task(Math.floor(i / partitions), i % partitions),
  );

function names(owned: ReadonlyMap<string, readonly TaskId[]>): Record<string, string[]> {
  return Object.fromEntries(Array.from(owned, ([id, list]) => [id, list.map(formatTaskId).sort()]));
}

describe('assignTasks', () => {
  it('gives every task to exactly one member, evenly, whatever they held before', () => {
    const held = fc.array(fc.tuple(fc.nat(2), fc.nat(12)), { maxLength: 20 });
    fc.assert(
      fc.property(
        fc.nat(2),
        fc.nat(12),
        fc.array(held, { minLength: 1, maxLength: 7 }),
        (subs, count, claims) => {
          const all = tasks(subs, count);
          const members = claims.map((claim, i) =>
            member(
              `m${i}`,
              claim.map(([s, p]) => task(s, p)),
            ),
          );
          const owned = [...assignTasks(all, members).values()];
          const sizes = owned.map((list) => list.length);
          expect(owned.flat().map(formatTaskId).sort()).toEqual(all.map(formatTaskId).sort());
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it('moves only what a newcomer needs', () => {
    const all = tasks(1, 6);
    const before = assignTasks(all, [member('a'), member('b')]);
    const after = assignTasks(all, [member('a', before.get('a')), member('b', before.get('b')), member('c')]);
    for (const id of ['a', 'b']) {
      for (const kept of after.get(id)!) expect(before.get(id)).toContainEqual(kept);
    }
    expect(after.get('c')).toHaveLength(2);
  });

  it('leaves what the others have where it is when one goes', () => {
    const all = tasks(1, 6);
    const before = assignTasks(all, [member('a'), member('b'), member('c')]);
    const after = assignTasks(all, [member('a', before.get('a')), member('b', before.get('b'))]);
    for (const id of ['a', 'b']) expect(names(after)[id]).toEqual(expect.arrayContaining(names(before)[id]!));
  });

  it('does not give a task twice when two members claim it', () => {
    const owned = assignTasks(tasks(1, 2), [member('a', tasks(1, 2)), member('zombie', tasks(1, 2))]);
    expect([...owned.values()].flat()).toHaveLength(2);
  });

  it('spreads each sub-topology', () => {
    const owned = assignTasks(tasks(2, 2), [member('a'), member('b')]);
    expect(names(owned)).toEqual({ a: ['0_0', '1_0'], b: ['0_1', '1_1'] });
  });
});

describe('toAssignment', () => {
  it('D26 brings a task all its inputs', () => {
    const sources = new Map([[0, ['left', 'right']]]);
    const counts = new Map([
      ['left', 2],
      ['right', 2],
    ]);
    expect(tasksOf(sources, counts)).toEqual([task(0, 0), task(0, 1)]);
    expect(toAssignment([task(0, 1)], sources, counts).partitions).toEqual([
      { topic: 'left', partition: 1 },
      { topic: 'right', partition: 1 },
    ]);
  });
});
