/** Joins of streams. A record that found no partner is given alone when its window has closed, grace included, and joins no more; one
 *  that comes after that is not kept. Kafka Streams gives it alone at once if it is out of order and its window, without the grace,
 *  has passed, or later than its window closes (KStreamKStreamJoin may take the latest of those that wait for the earliest); and it
 *  joins as long as its store has it.
 *  Values are distinct, so that results tell the records they are made of. The last step of a case closes all windows. */
import type { Case, InputRecord, OutputRecord, Outputs, StreamJoinCase } from '../case.ts';

/** A record and what became of it. */
interface Arrival {
  readonly record: InputRecord;
  readonly step: number;
  /** When its window closes; Infinity: never. */
  readonly closesAtStep: number;
  readonly isKept: boolean;
  readonly isAloneIfUnmatched: boolean;
  /** Of Kafka Streams' results. */
  hasPairs: boolean;
  isMatched: boolean;
}

export function joinsThatWait(testCase: Case, join: StreamJoinCase, outputs: Outputs): Outputs {
  const arrivals = arrive(testCase, join);
  const byValue = new Map(arrivals.map((arrival) => [arrival.record[2], arrival]));
  const givenAlone = new Map<Arrival, OutputRecord>();
  const expected = outputs.map((step, at) =>
    step.filter((result) => {
      const [left, right] = sidesOf(result).map((value) => byValue.get(value));
      if (left !== undefined && right !== undefined) return joins(left, right, at);
      const alone = (left ?? right)!;
      if (result[0] === null) return true;
      givenAlone.set(alone, result);
      return false;
    }),
  );
  for (const arrival of arrivals) {
    const isAlone = arrival.hasPairs ? !arrival.isMatched : givenAlone.has(arrival);
    if (isAlone && arrival.isAloneIfUnmatched)
      expected[arrival.closesAtStep]?.push(aloneResult(arrival.record));
  }
  return expected;
}

/** Whether the one that was there first still waits when the other one comes. */
function joins(left: Arrival, right: Arrival, step: number): boolean {
  const first = left.step < right.step ? left : right;
  left.hasPairs = right.hasPairs = true;
  const hasClosed = first.isAloneIfUnmatched && !first.isMatched && first.closesAtStep < step;
  if (!first.isKept || hasClosed) return false;
  return (left.isMatched = right.isMatched = true);
}

function arrive({ steps }: Case, join: StreamJoinCase): Arrival[] {
  let newestMs = -1;
  const times = steps.map((step) => {
    for (const [, , value, timestampMs] of step)
      if (value !== null) newestMs = Math.max(newestMs, timestampMs);
    return newestMs;
  });
  const arrivals: Arrival[] = [];
  for (const [step, records] of steps.entries()) {
    for (const record of records) {
      const [topic, key, value, timestampMs] = record;
      if (key === null || value === null) continue;
      const closesAtMs = timestampMs + (topic === 'a' ? join.afterMs : join.beforeMs) + join.graceMs + 1;
      const closes = times.findIndex((ms, at) => at >= step && ms >= closesAtMs);
      arrivals.push({
        record,
        step,
        closesAtStep: closes < 0 ? Infinity : closes,
        isKept: (times[step - 1] ?? -1) < closesAtMs, // the other side follows after it
        isAloneIfUnmatched: join.join === 'outer' || (join.join === 'left' && topic === 'a'),
        hasPairs: false,
        isMatched: false,
      });
    }
  }
  return arrivals;
}

function sidesOf([, value]: OutputRecord): string[] {
  return value!.slice(1, -1).split('|');
}
function aloneResult([topic, key, value, timestampMs]: InputRecord): OutputRecord {
  return [key, topic === 'a' ? `(${value}|null)` : `(null|${value})`, timestampMs];
}
