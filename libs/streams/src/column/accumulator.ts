/** What a column aggregation keeps per group: numbers in number slots, everything else (texts, bigints, dates) in object slots.
 *  The number array is made so that V8 keeps plain float64 in it. */
export interface Accumulator {
  readonly numbers: number[];
  /** null while all of them are empty, which most stay for ever: a group then costs two objects. */
  objects: unknown[] | null;
}

/** Makes accumulators with these values in their number slots. */
export function accumulatorFactory(numbers: readonly number[]): () => Accumulator {
  const doubles = Array.from(numbers, () => 0.5);
  numbers.forEach((value, slot) => (doubles[slot] = value));
  return () => ({ numbers: doubles.slice(), objects: null });
}

export function emptyObjects(numObjects: number): unknown[] {
  return Array.from({ length: numObjects });
}
