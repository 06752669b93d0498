/** Tables: that there is still no row is no change, and is not passed on (ADR 6). Kafka Streams passes on a tombstone in some cases. */
import type { OutputRecord, Outputs } from '../case.ts';

export function rowsThatChange(outputs: Outputs): Outputs {
  const present = new Set<OutputRecord[0]>();
  return outputs.map((step) =>
    step.filter(([key, value]) => {
      if (value === null) return present.delete(key);
      present.add(key);
      return true;
    }),
  );
}

/** Groups of groups: a row that has become again what it was, in one commit, is not passed on; in Kafka Streams it is, a change after
 *  the other. */
export function rowsThatDiffer(outputs: Outputs): Outputs {
  const last = new Map<OutputRecord[0], OutputRecord[1]>();
  return outputs.map((step) =>
    step.filter(([key, value]) => {
      const isSame = last.get(key) === value;
      last.set(key, value);
      return !isSame;
    }),
  );
}
