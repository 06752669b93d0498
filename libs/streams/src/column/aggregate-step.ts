/** One aggregate at work on an accumulator.
 *  S1 Null, undefined and NaN are no values: they are skipped.
 *  S2 avg is kept as sum and count, so it is exact in any order of merging; min and max keep the value alone.
 *  S3 A value of the wrong type throws; the caller puts the accumulator back as it was. */
import type { Accumulator } from './accumulator.ts';
import type { DeclaredAggregate } from './aggregate.ts';
import { describeValue, isNull, type Row } from './compiled-expression.ts';

export interface AggregateStep {
  add(to: Accumulator, row: Row): void;
  /** As if the rows of `from` had been added too. */
  merge(to: Accumulator, from: Accumulator): void;
  result(of: Accumulator): unknown;
}

/** Hands out slots while steps are made. */
export interface Slots {
  readonly numbers: number[];
  numObjects: number;
}

export function makeStep(aggregate: DeclaredAggregate, slots: Slots): AggregateStep {
  switch (aggregate.kind) {
    case 'avg':
      return summing(aggregate, slots, (sum, count) => sum / count);
    case 'sum':
      return summing(aggregate, slots, (sum) => sum);
    case 'count':
      return counting(aggregate, slots);
    case 'rows':
      return countingRows(slots);
    case 'min':
      return extreme(aggregate, slots, (value, than) => value < than);
    case 'max':
      return extreme(aggregate, slots, (value, than) => value > than);
  }
}

function summing(
  aggregate: DeclaredAggregate,
  slots: Slots,
  result: (sum: number, count: number) => number,
): AggregateStep {
  const { evaluate } = aggregate.source;
  const sum = slots.numbers.push(0) - 1;
  const count = slots.numbers.push(0) - 1;
  return {
    add({ numbers }, row) {
      const value = evaluate(row);
      if (typeof value === 'number') {
        if (value !== value) return;
        numbers[sum]! += value;
        numbers[count]! += 1;
      } else if (!isNull(value)) throw wrongType(aggregate, value, 'a number');
    },
    merge({ numbers }, from) {
      numbers[sum]! += from.numbers[sum]!;
      numbers[count]! += from.numbers[count]!;
    },
    result: ({ numbers }) => (numbers[count] === 0 ? null : result(numbers[sum]!, numbers[count]!)),
  };
}

function counting({ source: { evaluate } }: DeclaredAggregate, slots: Slots): AggregateStep {
  const count = slots.numbers.push(0) - 1;
  return {
    add({ numbers }, row) {
      if (!isNull(evaluate(row))) numbers[count]! += 1;
    },
    merge: adding(count),
    result: ({ numbers }) => numbers[count],
  };
}

function countingRows(slots: Slots): AggregateStep {
  const count = slots.numbers.push(0) - 1;
  return {
    add({ numbers }) {
      numbers[count]! += 1;
    },
    merge: adding(count),
    result: ({ numbers }) => numbers[count],
  };
}

function adding(slot: number): AggregateStep['merge'] {
  return ({ numbers }, from) => {
    numbers[slot]! += from.numbers[slot]!;
  };
}

/** A number lies in the number slot (NaN: none), anything else in the object slot (undefined: none). */
function extreme(
  aggregate: DeclaredAggregate,
  slots: Slots,
  beats: (value: Comparable, than: Comparable) => boolean,
): AggregateStep {
  const { evaluate } = aggregate.source;
  const number = slots.numbers.push(NaN) - 1;
  const object = slots.numObjects++;
  const take = ({ numbers, objects }: Accumulator, value: unknown): void => {
    const kept = objects[object];
    if (typeof value === 'number' && kept === undefined) {
      const current = numbers[number]!;
      if (current !== current || beats(value, current)) numbers[number] = value;
    } else if (!isNull(value)) {
      if (numbers[number] === numbers[number])
        throw wrongType(aggregate, value, 'a number like those before');
      objects[object] = better(aggregate, value, kept, beats);
    }
  };
  return {
    add: (to, row) => take(to, evaluate(row)),
    merge(to, { numbers, objects }) {
      const value = objects[object] ?? numbers[number];
      if (value === value) take(to, value);
    },
    result({ numbers, objects }) {
      const kept = objects[object];
      if (kept !== undefined) return copy(kept);
      return numbers[number] === numbers[number] ? numbers[number] : null;
    },
  };
}

type Comparable = string | number | bigint | Date;

function better(
  aggregate: DeclaredAggregate,
  value: unknown,
  kept: unknown,
  beats: (value: Comparable, than: Comparable) => boolean,
): unknown {
  if (value !== value || (value instanceof Date && Number.isNaN(value.getTime()))) return kept;
  if (kept !== undefined && typeof value !== typeof kept) {
    throw wrongType(aggregate, value, `${describeValue(kept)} like those before`);
  }
  if (typeof value !== 'string' && typeof value !== 'bigint' && !(value instanceof Date)) {
    throw wrongType(aggregate, value, 'a number, text, bigint or Date');
  }
  if (kept === undefined) return copy(value);
  return beats(value, kept as Comparable) ? copy(value) : kept;
}

/** A Date can be changed by whoever holds it: none is shared with rows. */
function copy(value: unknown): unknown {
  return value instanceof Date ? new Date(value) : value;
}

function wrongType(
  { kind, source, aliasedAs }: DeclaredAggregate,
  value: unknown,
  wanted: string,
): TypeError {
  return new TypeError(
    `Cannot compute ${kind}(${source.text}) as ${aliasedAs}: ${source.text} is ${describeValue(value)}, not ${wanted}.`,
  );
}
