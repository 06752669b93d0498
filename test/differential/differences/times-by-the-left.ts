/** Joins by foreign key: a joined row has the later time of the two rows it is made of. In Kafka Streams one that a change of the right
 *  table makes has the time of that change, be it earlier.
 *  A row that is deleted, or names no other any more, takes the joined row with it at once, and so the deletion has its time. In Kafka
 *  Streams an inner join asks the row that was named, and the deletion has the later time of both. */
import type { Case, ForeignKeyCase, Outputs } from '../case.ts';

export function timesByTheLeft({ steps }: Case, { join }: ForeignKeyCase, outputs: Outputs): Outputs {
  const leftMs = new Map<string | null, number>();
  return outputs.map((step, at) => {
    const [topic, changed, written, timestampMs] = steps[at]![0]!;
    if (topic === 'a' && written !== null) leftMs.set(changed, timestampMs);
    return step.map(([key, value, givenMs]) => {
      if (topic === 'b') return [key, value, Math.max(givenMs, leftMs.get(key)!)];
      const isTakenBack = join === 'inner' && value === null;
      return [key, value, isTakenBack ? timestampMs : givenMs];
    });
  });
}
