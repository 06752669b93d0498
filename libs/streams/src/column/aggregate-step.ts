/** One aggregate at work on an accumulator.
 *  S1 Null, undefined and NaN are no values: they are skipped.
 *  S2 avg is kept as sum and count, so it is exact in any order of merging; min and max keep the value alone.
 *  S3 A value of the wrong type throws; the caller puts the accumulator back as it was.
 *  S4 `plain` says the same once more, as source text for what nearly all rows hold: see `plain-aggregation.ts`. */
import { emptyObjects, type Accumulator } from './accumulator.ts';
import type { DeclaredAggregate } from './aggregate.ts';
import { describeValue, isNull, type CompiledExpression, type Row } from './compiled-expression.ts';

export interface AggregateStep {
  add(to: Accumulator, row: Row): void;
  /** Takes back what `add` added, and refuses what it refused; not for min and max. */
  subtract?(from: Accumulator, row: Row): void;
  /** As if the rows of `from` had been added too. */
  merge(to: Accumulator, from: Accumulator): void;
  result(of: Accumulator): unknown;
  readonly plain: PlainStep;
}

/** The step as source text, for values that are plain: `n` are the number slots, there is nothing in object slots (S4). */
export interface PlainStep {
  /** null: it reads no value. */
  readonly source: CompiledExpression | null;
  /** number: it takes numbers only, anything else (and NaN) is not plain. any: whatever there is. */
  readonly takes: 'number' | 'any';
  /** Statements that take the value in the variable `value`. */
  readonly add: (value: string) => string;
  /** An expression. */
  readonly result: string;
}

/** Hands out slots while steps are made. */
export interface Slots {
  readonly numbers: number[];
  numObjects: number;
}

export function makeStep(aggregate: DeclaredAggregate, slots: Slots): AggregateStep {
  switch (aggregate.kind) {
    case 'avg':
      return averaging(aggregate, slots);
    case 'sum':
      return summing(aggregate, slots);
    case 'count':
      return counting(aggregate, slots);
    case 'rows':
      return countingRows(slots);
    case 'min':
      return extreme(aggregate, slots, '<', (value, than) => value < than);
    case 'max':
      return extreme(aggregate, slots, '>', (value, than) => value > than);
  }
}

function averaging(aggregate: DeclaredAggregate, slots: Slots): AggregateStep {
  const { sum, count, step } = sumAndCount(aggregate, slots);
  return {
    ...step,
    result: ({ numbers }) => (numbers[count] === 0 ? null : numbers[sum]! / numbers[count]!),
    plain: { ...step.plain, result: `n[${count}] === 0 ? null : n[${sum}] / n[${count}]` },
  };
}

function summing(aggregate: DeclaredAggregate, slots: Slots): AggregateStep {
  const { sum, count, step } = sumAndCount(aggregate, slots);
  return {
    ...step,
    result: ({ numbers }) => (numbers[count] === 0 ? null : numbers[sum]),
    plain: { ...step.plain, result: `n[${count}] === 0 ? null : n[${sum}]` },
  };
}

function sumAndCount(aggregate: DeclaredAggregate, slots: Slots) {
  const { source } = aggregate;
  const { evaluate } = source;
  const sum = slots.numbers.push(0) - 1;
  const count = slots.numbers.push(0) - 1;
  const step: Pick<AggregateStep, 'add' | 'subtract' | 'merge'> & {
    readonly plain: Omit<PlainStep, 'result'>;
  } = {
    add({ numbers }, row) {
      const value = evaluate(row);
      if (typeof value === 'number') {
        if (value !== value) return;
        numbers[sum]! += value;
        numbers[count]! += 1;
      } else if (!isNull(value)) throw wrongType(aggregate, value, 'a number');
    },
    subtract({ numbers }, row) {
      const value = evaluate(row);
      if (typeof value === 'number') {
        if (value !== value) return;
        numbers[count]! -= 1;
        numbers[sum] = numbers[count] === 0 ? 0 : numbers[sum]! - value; // nothing is left of what was rounded
      } else if (!isNull(value)) throw wrongType(aggregate, value, 'a number');
    },
    merge({ numbers }, from) {
      numbers[sum]! += from.numbers[sum]!;
      numbers[count]! += from.numbers[count]!;
    },
    plain: {
      source,
      takes: 'number',
      add: (value) => `n[${sum}] += ${value}; n[${count}] += 1;`,
    },
  };
  return { sum, count, step };
}

function counting({ source }: DeclaredAggregate, slots: Slots): AggregateStep {
  const { evaluate } = source;
  const count = slots.numbers.push(0) - 1;
  return {
    add({ numbers }, row) {
      if (!isNull(evaluate(row))) numbers[count]! += 1;
    },
    subtract({ numbers }, row) {
      if (!isNull(evaluate(row))) numbers[count]! -= 1;
    },
    merge: adding(count),
    result: ({ numbers }) => numbers[count],
    plain: {
      source,
      takes: 'any',
      add: (value) => `if (${value} !== null && ${value} !== undefined) n[${count}] += 1;`,
      result: `n[${count}]`,
    },
  };
}

function countingRows(slots: Slots): AggregateStep {
  const count = slots.numbers.push(0) - 1;
  return {
    add({ numbers }) {
      numbers[count]! += 1;
    },
    subtract({ numbers }) {
      numbers[count]! -= 1;
    },
    merge: adding(count),
    result: ({ numbers }) => numbers[count],
    plain: { source: null, takes: 'any', add: () => `n[${count}] += 1;`, result: `n[${count}]` },
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
  sign: '<' | '>',
  beats: (value: Comparable, than: Comparable) => boolean,
): AggregateStep {
  const { source } = aggregate;
  const { evaluate } = source;
  const number = slots.numbers.push(NaN) - 1;
  const object = slots.numObjects++;
  const take = (to: Accumulator, value: unknown): void => {
    const { numbers } = to;
    const kept = to.objects?.[object];
    if (typeof value === 'number' && kept === undefined) {
      const current = numbers[number]!;
      if (current !== current || beats(value, current)) numbers[number] = value;
    } else if (!isNull(value)) {
      if (numbers[number] === numbers[number])
        throw wrongType(aggregate, value, 'a number like those before');
      to.objects ??= emptyObjects(slots.numObjects);
      to.objects[object] = better(aggregate, value, kept, beats);
    }
  };
  return {
    add: (to, row) => take(to, evaluate(row)),
    merge(to, { numbers, objects }) {
      const value = objects?.[object] ?? numbers[number];
      if (value === value) take(to, value);
    },
    result({ numbers, objects }) {
      const kept = objects?.[object];
      if (kept !== undefined) return copy(kept);
      return numbers[number] === numbers[number] ? numbers[number] : null;
    },
    plain: {
      source,
      takes: 'number',
      add: (value) =>
        `if (n[${number}] !== n[${number}] || ${value} ${sign} n[${number}]) n[${number}] = ${value};`,
      result: `n[${number}] === n[${number}] ? n[${number}] : null`,
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
