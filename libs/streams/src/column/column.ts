/** `col` and `when`: how a user begins a column expression. */
import { CompiledChoice, CompiledColumn, compile, type Case } from './compiled-expression.ts';
import type { Column, StartWhen } from './expression.ts';

/** A column of the row, by name. */
export function col<const C extends string>(name: C): Column<C> {
  return new CompiledColumn(name) as unknown as Column<C>;
}

/** The value of the first condition that holds: `when(col('hot'), 1).otherwise(0)`. Null counts as false. */
export const when = ((condition: unknown, value: unknown) =>
  cases([{ condition: compile(condition), value: compile(value) }])) as unknown as StartWhen;

function cases(all: readonly Case[]): unknown {
  return {
    when: (condition: unknown, value: unknown) =>
      cases([...all, { condition: compile(condition), value: compile(value) }]),
    otherwise: (value: unknown) => new CompiledChoice(all, compile(value)),
  };
}
