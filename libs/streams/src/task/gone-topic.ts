/** A topic that was deleted while a task read it. By its name, it is missed; of a pattern, the pattern is looked at again soon, and then
 *  the task is opened without it. */
import { LogError } from '../ports/log.ts';
import type { SourceSpec } from '../topology/graph.ts';

/** Whether the failure is of an input that only patterns read. */
export function isGoneOfPattern<T extends { readonly topic: string }>(
  error: unknown,
  inputs: readonly T[],
  sourceOf: (input: T) => SourceSpec,
): error is LogError {
  if (!(error instanceof LogError) || error.failure.kind !== 'unknownTopic') return false;
  const { topic } = error.failure;
  const gone = inputs.filter((input) => input.topic === topic);
  return gone.length > 0 && gone.every((input) => sourceOf(input).pattern !== undefined);
}

/** To be tried again. */
export function goneForNow(error: LogError): LogError {
  return new LogError({ kind: 'unavailable' }, error.message, { cause: error });
}
