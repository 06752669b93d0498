/** Who runs which split: even by count, and sticky. */
import type { MemberAssignment, MemberInfo } from '@hiveframe/streams';

export function encodeSplits(splits: readonly number[]): Uint8Array {
  return Buffer.from(JSON.stringify(splits));
}

/** Pure: the same members and data give the same answer. @param topic of positions, which has a partition for each split */
export function assignSplits(
  members: readonly MemberInfo[],
  topic: string,
  numSplits: number,
): ReadonlyMap<string, MemberAssignment> {
  const sorted = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const owned = new Map<string, number[]>(sorted.map(({ memberId }) => [memberId, []]));
  const free = new Set(Array.from({ length: numSplits }, (_, split) => split));
  keep(sorted, owned, free);
  for (const split of free) fewest(owned).push(split);
  return new Map(
    Array.from(owned, ([memberId, splits]) => [
      memberId,
      { partitions: splits.map((partition) => ({ topic, partition })) },
    ]),
  );
}

/** Each member keeps what it had, up to its even share; the larger shares go to those that have most. */
function keep(members: readonly MemberInfo[], owned: ReadonlyMap<string, number[]>, free: Set<number>): void {
  const share = Math.floor(free.size / members.length);
  let larger = free.size % members.length;
  const claims = members.map(({ memberId, data }) => ({ memberId, splits: decodeSplits(data) }));
  for (const { memberId, splits } of claims.sort((a, b) => b.splits.length - a.splits.length)) {
    const mine = owned.get(memberId)!;
    const room = larger > 0 && splits.length > share ? share + 1 : share;
    for (const split of splits) if (mine.length < room && free.delete(split)) mine.push(split);
    if (mine.length > share) larger--;
  }
}

function fewest(owned: ReadonlyMap<string, number[]>): number[] {
  return [...owned.values()].reduce((best, splits) => (splits.length < best.length ? splits : best));
}

function decodeSplits(data: Uint8Array): readonly number[] {
  return data.length === 0 ? [] : (JSON.parse(Buffer.from(data).toString()) as number[]);
}
