/** The aggregates of one `agg(...)`, compiled: rows go in one by one, nothing is kept of them. */
import type { TimeSpan } from '../record/record.ts';
import { unlessForbidden } from '../serde/generated-code.ts';
import type { Serde } from '../serde/serde.ts';
import { accumulatorFactory, type Accumulator } from './accumulator.ts';
import { accumulatorSerde } from './accumulator.serde.ts';
import { makeStep, type AggregateStep, type Slots } from './aggregate-step.ts';
import type { DeclaredAggregate } from './aggregate.ts';
import type { Row } from './compiled-expression.ts';
import type { DeclaredKept } from './kept/declare-kept.ts';
import { withKept } from './kept/kept-aggregation.ts';
import { generateAggregation, type LeadingColumn } from './plain-aggregation.ts';

/** By what rows are grouped, as columns of the aggregated row. */
export interface GroupColumns {
  readonly names: readonly string[];
  /** The one column is the key itself; otherwise they are properties of the key. */
  readonly isKey: boolean;
}

export interface ColumnAggregation<A> {
  readonly initializer: () => A;
  /** Changes the accumulator in place; if it throws (a value of the wrong type), the accumulator is as before. */
  readonly add: (to: A, row: Row) => A;
  /** Takes back what `add` added, where all aggregates can (`canSubtract`). It throws for a row that `add` refused; the accumulator is
   *  then as before. */
  readonly subtract: (from: A, row: Row) => A;
  /** Changes `to` as if the rows of `from` had been added to it; `from` stays as it is. */
  readonly merge: (to: A, from: A) => A;
  /** A fresh row: the group's columns, `window_start` and `window_end` where there is a window, the aliases in the order written. */
  readonly row: (of: A, key: unknown, window: TimeSpan | null) => Row;
  readonly serde: Serde<A>;
}

export type AnyAggregate = DeclaredAggregate | DeclaredKept;

export function compileAggregation(
  aggregates: readonly AnyAggregate[],
  group: GroupColumns = { names: [], isKey: false },
): ColumnAggregation<unknown> {
  const numbers = compileNumbers(aggregates.filter(isOfNumbers), group);
  const kept = aggregates.filter((aggregate) => !isOfNumbers(aggregate));
  const compiled = kept.length === 0 ? numbers : withKept(numbers, kept, aggregates, group);
  return compiled as unknown as ColumnAggregation<unknown>;
}

function isOfNumbers(aggregate: AnyAggregate): aggregate is DeclaredAggregate {
  return aggregate.kind !== 'kept';
}

/** Whether what was added can be taken out again. */
export function canSubtract(aggregate: AnyAggregate): boolean {
  if (aggregate.kind === 'kept') return aggregate.keep.subtract !== undefined;
  return aggregate.kind !== 'min' && aggregate.kind !== 'max';
}

function compileNumbers(
  aggregates: readonly DeclaredAggregate[],
  group: GroupColumns,
): ColumnAggregation<Accumulator> {
  const slots: Slots = { numbers: [], numObjects: 0 };
  const steps = aggregates.map((aggregate) => makeStep(aggregate, slots));
  const aliases = aggregates.map(({ aliasedAs }) => aliasedAs);
  const initializer = accumulatorFactory(slots.numbers);
  const inSteps = stepwise(steps, aliases, group, initializer());
  const generate = (leading: readonly LeadingColumn[]) =>
    unlessForbidden(() => generateAggregation(steps, aliases, leading));
  const alone = generate(groupColumns(group));
  const windowed = generate([...groupColumns(group), ...WINDOW_COLUMNS]);
  return {
    initializer,
    add(to, row) {
      if (alone === undefined || !alone.add(to, row)) inSteps.add(to, row);
      return to;
    },
    subtract(from, row) {
      inSteps.subtract(from, row);
      return from;
    },
    merge(to, from) {
      for (const step of steps) step.merge(to, from);
      return to;
    },
    row(of, key, window) {
      if (windowed === undefined || of.objects !== null) return inSteps.row(of, key, window);
      return window === null
        ? alone!.row(of, key, NaN, NaN)
        : windowed.row(of, key, window.startMs, window.endMs);
    },
    serde: accumulatorSerde(shapeOf(aggregates), initializer),
  };
}

const WINDOW_COLUMNS: readonly LeadingColumn[] = [
  { name: 'window_start', code: 'startMs' },
  { name: 'window_end', code: 'endMs' },
];

function groupColumns({ names, isKey }: GroupColumns): readonly LeadingColumn[] {
  return names.map((name) => ({ name, code: isKey ? 'key' : `key[${JSON.stringify(name)}]` }));
}

/** Whatever the values are, one aggregate after the other. */
function stepwise(
  steps: readonly AggregateStep[],
  aliases: readonly string[],
  { names, isKey }: GroupColumns,
  before: Accumulator,
) {
  const change = (of: Accumulator, row: Row, by: 'add' | 'subtract'): void => {
    copy(of, before);
    try {
      for (const step of steps) step[by]?.(of, row);
    } catch (error) {
      copy(before, of);
      throw error;
    }
  };
  return {
    add: (to: Accumulator, row: Row) => change(to, row, 'add'),
    subtract: (from: Accumulator, row: Row) => change(from, row, 'subtract'),
    row(of: Accumulator, key: unknown, window: TimeSpan | null): Row {
      const row: Record<string, unknown> = {};
      for (const name of names) row[name] = isKey ? key : (key as Row)[name];
      if (window !== null) {
        row['window_start'] = window.startMs;
        row['window_end'] = window.endMs;
      }
      steps.forEach((step, i) => (row[aliases[i]!] = step.result(of)));
      return row;
    },
  };
}

function copy(from: Accumulator, to: Accumulator): void {
  for (let i = 0; i < from.numbers.length; i++) to.numbers[i] = from.numbers[i]!;
  to.objects = from.objects === null ? null : [...from.objects];
}

/** What the slots mean: a stored accumulator of other aggregates must not be read as one of these. */
function shapeOf(aggregates: readonly DeclaredAggregate[]): string {
  return aggregates.map(({ kind, source }) => `${kind}(${source.text})`).join(';');
}
