/** Matchers for any test runner that extends `expect` as Jest does (Jest, Vitest): `expect.extend(matchers)`. */
import type { TestOutputTopic, TestRecord } from '../topics/test-output-topic.ts';
import type { DeadLetterReason, TestDeadLetter } from '../topics/dead-letter.ts';

/** What is said of a record; what is left out may be anything. */
export type ExpectedRecord<K = unknown, V = unknown> = Partial<TestRecord<K, V>>;

/** What is said of a dead letter; `message` is a part of it. */
export type ExpectedDeadLetter = Partial<DeadLetterReason>;

/** What the runner gives its matchers. */
interface MatcherContext {
  readonly isNot?: boolean;
  equals(a: unknown, b: unknown): boolean;
  readonly utils: { diff(a: unknown, b: unknown): string | null | undefined };
}
interface Verdict {
  readonly pass: boolean;
  message(): string;
}
type Output = Pick<TestOutputTopic<unknown, unknown>, 'readAll'>;

export const matchers = {
  /** Reads all that is there. Records of one key must come in this order; between keys there is none. */
  async toHaveRecords(
    this: MatcherContext,
    output: Output,
    expected: readonly ExpectedRecord[],
  ): Promise<Verdict> {
    const records = byKey(await output.readAll());
    const wanted = byKey(expected);
    return verdict(this, 'records', alike(records, wanted), wanted);
  },

  /** Nothing is there that was not read. Reads it otherwise, to tell what it is. */
  async toHaveNoRecords(this: MatcherContext, output: Output): Promise<Verdict> {
    return verdict(this, 'records', await output.readAll(), []);
  },

  /** Reads all dead letters: these, in this order. */
  async toHaveDeadLetters(
    this: MatcherContext,
    driver: { readonly deadLetters: { readAll(): Promise<readonly TestDeadLetter[]> } },
    expected: readonly ExpectedDeadLetter[],
  ): Promise<Verdict> {
    const reasons = (await driver.deadLetters.readAll()).map(({ reason }) => reason);
    const shown = alike(reasons, expected).map((reason, index) => {
      const part = expected[index]?.message;
      return part !== undefined && reason.message?.includes(part) ? { ...reason, message: part } : reason;
    });
    return verdict(this, 'dead letters', shown, expected);
  },
};

/** A stable sort by key: what came in order for a key stays so. */
function byKey<R extends { readonly key?: unknown }>(records: readonly R[]): readonly R[] {
  const id = ({ key }: R): string => JSON.stringify(key) ?? '';
  return [...records].sort((a, b) => (id(a) < id(b) ? -1 : id(a) > id(b) ? 1 : 0));
}

/** Of each the fields that are asked for; of one that nobody asked for all. */
function alike<T extends object>(actual: readonly T[], expected: readonly Partial<T>[]): Partial<T>[] {
  return actual.map((one, index) => {
    const wanted = expected[index];
    if (wanted === undefined) return one;
    const names = Object.keys(wanted) as (keyof T)[];
    return Object.fromEntries(names.map((name) => [name, one[name]])) as Partial<T>;
  });
}

function verdict(context: MatcherContext, what: string, actual: unknown, expected: unknown): Verdict {
  const pass = context.equals(actual, expected);
  return {
    pass,
    message: () =>
      pass
        ? `Expected other ${what} than these:\n${JSON.stringify(expected, null, 2)}`
        : `Expected other ${what} than there are:\n${context.utils.diff(expected, actual) ?? ''}`,
  };
}
