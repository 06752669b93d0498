/** Records by chance. */
import fc from 'fast-check';
import type { InputRecord, Topic } from '../case.ts';
import { groupOf } from '../topologies/functions.ts';
import { LONGEST_JUMP_MS } from './topologies.ts';

type Arb<T> = fc.Arbitrary<T>;

const ms = (max: number): Arb<number> => fc.nat({ max });

interface Drawn {
  readonly topic: Topic;
  readonly key: string | null;
  readonly hasValue: boolean;
  readonly digit: number;
  readonly aheadMs: number;
  readonly behindMs: number;
}

export interface InputOptions {
  readonly topics: readonly Topic[];
  readonly nullKeys?: boolean;
  readonly nullValues?: boolean;
  /** Each value once, so that results tell the records they are made of. */
  readonly distinct?: boolean;
  /** The value is the time, and negative for some. */
  readonly timeFromValue?: boolean;
  /** Of the first record, at the earliest. @defaultValue 0 */
  readonly fromMs?: number;
}

/** Time goes on by chance; a third of the records come late. A record without a key, a group or a value is never ahead of the others:
 *  time is not moved by the same of them here and in Kafka Streams. */
export function inputs({
  topics,
  nullKeys = true,
  nullValues = true,
  distinct = false,
  timeFromValue = false,
  fromMs = 0,
}: InputOptions): Arb<InputRecord[]> {
  const drawn: Arb<Drawn> = fc.record({
    topic: fc.constantFrom(...topics),
    key: fc.oneof(
      { arbitrary: fc.constantFrom('a', 'b', 'c'), weight: 19 },
      { arbitrary: fc.constant(null), weight: nullKeys ? 1 : 0 },
    ),
    hasValue: nullValues ? fc.integer({ min: 0, max: 7 }).map((chance) => chance < 7) : fc.constant(true),
    digit: fc.integer({ min: 1, max: 9 }),
    aheadMs: fc.oneof({ arbitrary: ms(6), weight: 9 }, { arbitrary: ms(LONGEST_JUMP_MS), weight: 1 }),
    behindMs: fc.oneof({ arbitrary: fc.constant(0), weight: 2 }, { arbitrary: ms(30), weight: 1 }),
  });
  return fc.array(drawn, { minLength: 1, maxLength: 24 }).map((records) => {
    let newestMs = fromMs;
    return records.map(({ topic, key, hasValue, digit, aheadMs, behindMs }, index): InputRecord => {
      const value = hasValue ? (distinct ? `${topic}${index}` : String(digit)) : null;
      const isNegative = timeFromValue && digit === 9;
      const atMs = Math.max(fromMs, newestMs + aheadMs - behindMs);
      const movesTime =
        key !== null && value !== null && (distinct || groupOf(value) !== null) && !isNegative;
      if (movesTime) newestMs = Math.max(newestMs, atMs);
      const timestampMs = movesTime ? atMs : Math.min(atMs, newestMs);
      if (timeFromValue) return [topic, key, String(isNegative ? -timestampMs - 1 : timestampMs), 0];
      return [topic, key, value, timestampMs];
    });
  });
}
