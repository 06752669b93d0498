/** The aggregates of one `agg(...)`, compiled: rows go in one by one, nothing is kept of them. */
import type { Serde } from '../serde/serde.ts';
import { accumulatorFactory, type Accumulator } from './accumulator.ts';
import { accumulatorSerde } from './accumulator.serde.ts';
import { makeStep, type Slots } from './aggregate-step.ts';
import type { DeclaredAggregate } from './aggregate.ts';
import type { Row } from './compiled-expression.ts';

export interface ColumnAggregation {
  readonly initializer: () => Accumulator;
  /** Changes the accumulator in place; if it throws (a value of the wrong type), the accumulator is as before. */
  readonly add: (to: Accumulator, row: Row) => Accumulator;
  /** Changes `to` as if the rows of `from` had been added to it; `from` stays as it is. */
  readonly merge: (to: Accumulator, from: Accumulator) => Accumulator;
  /** Sets the aliases, in the order written. */
  readonly writeResult: (of: Accumulator, into: Record<string, unknown>) => void;
  readonly serde: Serde<Accumulator>;
}

export function compileAggregation(aggregates: readonly DeclaredAggregate[]): ColumnAggregation {
  const slots: Slots = { numbers: [], numObjects: 0 };
  const steps = aggregates.map((aggregate) => makeStep(aggregate, slots));
  const aliases = aggregates.map(({ aliasedAs }) => aliasedAs);
  const initializer = accumulatorFactory(slots.numbers, slots.numObjects);
  const before = initializer();
  return {
    initializer,
    add(to, row) {
      assign(to, before);
      try {
        for (let i = 0; i < steps.length; i++) steps[i]!.add(to, row);
      } catch (error) {
        assign(before, to);
        throw error;
      }
      return to;
    },
    merge(to, from) {
      for (const step of steps) step.merge(to, from);
      return to;
    },
    writeResult(of, into) {
      for (let i = 0; i < steps.length; i++) into[aliases[i]!] = steps[i]!.result(of);
    },
    serde: accumulatorSerde(shapeOf(aggregates), initializer),
  };
}

function assign(from: Accumulator, to: Accumulator): void {
  for (let i = 0; i < from.numbers.length; i++) to.numbers[i] = from.numbers[i]!;
  for (let i = 0; i < from.objects.length; i++) to.objects[i] = from.objects[i];
}

/** What the slots mean: a stored accumulator of other aggregates must not be read as one of these. */
function shapeOf(aggregates: readonly DeclaredAggregate[]): string {
  return aggregates.map(({ kind, source }) => `${kind}(${source.text})`).join(';');
}
