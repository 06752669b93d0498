/** The promise's outcome, or a rejection when it takes longer than `timeoutMs`. */
export function within<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  const { promise: outcome, resolve, reject } = Promise.withResolvers<T>();
  const timer = setTimeout(
    () => reject(new Error(`no answer within ${Math.ceil(timeoutMs)} ms`)),
    Math.max(timeoutMs, 0),
  );
  promise.then(resolve, reject).finally(() => clearTimeout(timer));
  return outcome;
}
