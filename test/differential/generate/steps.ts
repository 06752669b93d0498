/** What is written before output is looked at. */
import fc from 'fast-check';
import type { InputRecord } from '../case.ts';

export type ToSteps = (records: readonly InputRecord[]) => fc.Arbitrary<InputRecord[][]>;

export const oneByOne: ToSteps = (records) => fc.constant(records.map((record) => [record]));

/** Some at once, so that a commit gathers updates, and records wait for state together. */
export const someAtOnce: ToSteps = (records) =>
  fc
    .array(fc.integer({ min: 1, max: 4 }), { minLength: records.length, maxLength: records.length })
    .map((sizes) => {
      const steps: InputRecord[][] = [];
      for (let at = 0; at < records.length; at += sizes[steps.length - 1]!)
        steps.push(records.slice(at, at + sizes[steps.length]!));
      return steps;
    });

/** A join's time is what both sides have reached, in Kafka Streams what either has: so the other side follows in the same step. In the
 *  end all windows close. */
export const bothSides: ToSteps = (records) => {
  let newestMs = -1;
  const last = Math.max(...records.map(([, , , timestampMs]) => timestampMs));
  const closing: InputRecord = ['a', '~a', 'a~', last + 1_000];
  return fc.constant(
    [...records, closing].map((record, at) => {
      const [topic, , value, timestampMs] = record;
      if (value === null || timestampMs <= newestMs) return [record];
      newestMs = timestampMs;
      return [
        record,
        topic === 'a' ? ['b', '~b', `b~${at}`, timestampMs] : ['a', '~a', `a~${at}`, timestampMs],
      ];
    }),
  );
};

/** What moves time has a key of its own: a row that is due leaves before it, in Kafka Streams after it. */
export const timeFirst: ToSteps = (records) => {
  let newestMs = -1;
  return fc.constant(
    records.map((record, at) => {
      const [topic, , , timestampMs] = record;
      if (timestampMs <= newestMs) return [record];
      newestMs = timestampMs;
      return [[topic, `!${at}`, '!', timestampMs], record];
    }),
  );
};

/** Which of two rows of one time leaves first, is no promise. */
export const differentTimes: ToSteps = (records) => {
  const times = new Set<number>();
  const isNew = ([, , , timestampMs]: InputRecord): boolean => times.size < times.add(timestampMs).size;
  return oneByOne(records.filter((record) => isNew(record)));
};

/** Only rows that are there are deleted. */
export const deletingRows: ToSteps = (records) => oneByOne(existing(records));

function existing(records: readonly InputRecord[]): InputRecord[] {
  const present = new Set<string>();
  return records.filter(([topic, key, value]) => {
    if (value === null) return present.delete(`${topic}${key}`);
    present.add(`${topic}${key}`);
    return true;
  });
}
