/** What a column aggregation keeps per group: numbers in number slots, everything else (texts, bigints, dates) in object slots.
 *  The number array is made so that V8 keeps plain float64 in it. */
export interface Accumulator {
  readonly numbers: number[];
  readonly objects: unknown[];
}

/** Makes accumulators with these values in their number slots and nothing (undefined) in their object slots. */
export function accumulatorFactory(numbers: readonly number[], numObjects: number): () => Accumulator {
  const doubles = Array.from(numbers, () => 0.5);
  numbers.forEach((value, slot) => (doubles[slot] = value));
  const objects: unknown[] = Array.from({ length: numObjects });
  return () => ({ numbers: doubles.slice(), objects: objects.slice() });
}
