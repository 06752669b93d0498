/** A promise where nobody waits would pass on as a value, or count as true.
 *  @throws TypeError always; the promise's own rejection is left to this error */
export function refusePromise(operator: string, promise: Promise<unknown>): never {
  promise.catch(() => undefined);
  throw new TypeError(
    `The function of ${operator} gave a promise: use mapValuesAsync for what must be awaited.`,
  );
}
