import { compile, CompiledExpression, type Row } from '../../column/compiled-expression.ts';
import type { Condition as TypedCondition } from '../../column/expression.ts';
import type { Mapper } from '../../processor/operators/stateless.ts';

export type { Mapper };
export type Condition = TypedCondition<never>;

/** A user's predicate, or a column condition as one. */
export function toPredicate(predicate: Mapper<boolean> | Condition): Mapper<boolean> {
  if (!((predicate as unknown) instanceof CompiledExpression)) return predicate as Mapper<boolean>;
  const { evaluate } = compile(predicate);
  return (value) => evaluate(value as Row) === true;
}
