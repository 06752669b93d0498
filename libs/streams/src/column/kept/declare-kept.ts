/** From an aggregate as the user writes it to what `compileAggregation` takes. */
import { TopologyError } from '../../errors/streams.error.ts';
import type { Aggregate } from '../aggregate.ts';
import { CompiledColumn, compile, type CompiledExpression } from '../compiled-expression.ts';
import type { Keep } from './keep.ts';

/** What an aliased aggregate that keeps something is behind its type. */
export interface DeclaredKept {
  readonly kind: 'kept';
  /** In words, with its options: what is stored under it is read by the same words only. */
  readonly shape: string;
  readonly keep: Keep<unknown, unknown>;
  readonly aliasedAs: string;
}

/** @param options in words, '' for none
 *  @param make gets the source and the aggregate in words */
export function declareKept<T, V>(
  kind: string,
  source: unknown,
  options: string,
  make: (source: CompiledExpression, what: string) => Keep<T, V>,
): Aggregate<never, unknown> {
  const expression = compileSource(source);
  const shape = `${kind}(${expression.text}${options === '' ? '' : `, ${options}`})`;
  const keep = make(expression, shape) as unknown as Keep<unknown, unknown>;
  const alias = (aliasedAs: string): DeclaredKept => {
    if (aliasedAs === '') throw new TopologyError(`Cannot name ${shape}: the alias is empty.`);
    return { kind: 'kept', shape, keep, aliasedAs };
  };
  return { alias } as unknown as Aggregate<never, unknown>;
}

export function compileSource(source: unknown): CompiledExpression {
  return typeof source === 'string' ? new CompiledColumn(source) : compile(source);
}

/** @throws TopologyError for a bound that is no whole number above 0 */
export function requireBound(kind: string, option: string, bound: number): number {
  if (Number.isSafeInteger(bound) && bound > 0) return bound;
  throw new TopologyError(
    `Cannot declare ${kind}: ${option} is ${String(bound)}; it must be a whole number above 0.`,
  );
}
