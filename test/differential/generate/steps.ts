/** What is written before output is looked at. */
import fc from 'fast-check';
import type { InputRecord, Topic } from '../case.ts';

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

/** The history of rows ends here by the time that the stream has reached, in Kafka Streams by that of the table: so both have the same,
 *  before the record is read that moves it. */
export const bothTimesFirst: ToSteps = (records) => {
  let newestMs = -1;
  return fc.constant(
    records.map((record) => {
      const [, , , timestampMs] = record;
      if (timestampMs <= newestMs) return [record];
      newestMs = timestampMs;
      return [['b', '~b', '~', timestampMs], ['a', '~a', '~', timestampMs], record];
    }),
  );
};

/** Without updates that are older than the history of rows goes back: Kafka Streams takes none of them. And without deletions of the
 *  very time of the row: it forgets them. */
export function withoutForgotten(
  steps: readonly InputRecord[][],
  historyRetentionMs: number,
  tables: readonly Topic[],
): InputRecord[][] {
  const newestMs = new Map<Topic, number>();
  const updatedMs = new Map<string, number>();
  const isKept = ([topic, key, value, timestampMs]: InputRecord): boolean => {
    if (key === null || !tables.includes(topic)) return true;
    const row = `${topic}${key}`;
    newestMs.set(topic, Math.max(newestMs.get(topic) ?? 0, timestampMs));
    if (timestampMs < newestMs.get(topic)! - historyRetentionMs) return false;
    if (value === null && timestampMs === updatedMs.get(row)) return false;
    updatedMs.set(row, Math.max(updatedMs.get(row) ?? 0, timestampMs));
    return true;
  };
  return steps.map((step) => step.filter(isKept)).filter((step) => step.length > 0);
}

/** Which of two rows of one time leaves first, is no promise. */
export const differentTimes: ToSteps = (records) => {
  const times = new Set<number>();
  const isNew = ([, , , timestampMs]: InputRecord): boolean => times.size < times.add(timestampMs).size;
  return oneByOne(records.filter((record) => isNew(record)));
};

/** Only rows that are there are deleted. */
export const deletingRows: ToSteps = (records) => oneByOne(existing(records));
export const deletingVersions: ToSteps = (records) => oneByOne(existing(records, true));

/** A deletion that is older than the row, where versions are kept, deletes nothing. */
function existing(records: readonly InputRecord[], keepsVersions = false): InputRecord[] {
  const present = new Set<string>();
  const updatedMs = new Map<string, number>();
  return records.filter(([topic, key, value, timestampMs]) => {
    const row = `${topic}${key}`;
    if (keepsVersions && timestampMs < (updatedMs.get(row) ?? 0)) return true;
    updatedMs.set(row, timestampMs);
    if (value === null) return present.delete(row);
    present.add(row);
    return true;
  });
}
